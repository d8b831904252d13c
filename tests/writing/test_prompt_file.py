"""Faults of prompt files: all of them, each with its line and a remedy."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefing.errors import PromptError
from briefing.writing.prompt_file import (
    PromptFault,
    Prompts,
    claimed_twice,
    key_lines,
    line_number,
    load_family,
    read_family,
)
from tests.writing.families import GOOD, write


def faults(folder: Path, text: str) -> list[PromptFault]:
    found = read_family(write(folder, text))
    assert isinstance(found, list), "nothing was found wrong"
    return found


@pytest.mark.parametrize(
    ("change", "line", "message", "remedy"),
    [
        (("{words}", "{wrods}"), 9, "unknown placeholder {wrods}", "{words}?"),
        (("{words}", "{colour}"), 9, "unknown placeholder {colour}", "{sources}, {length}"),
        (("{words}", "{words:>3}"), 9, "takes no format", "alone"),
        (("{words}", "{length}"), 9, "{length} without 'lengths'", "add 'lengths'"),
        (("h {sources}", "h"), 7, "{sources} is missing", "sentences"),
        (("h {sources}", "h {sources} {"), 7, "template", "double each literal brace"),
        (('"h {sources}"', '["h {sources}", 5]'), 7, "a list of strings", "{sources}"),
        (('"h {sources}"', "[]"), 7, "needs a 'template'", "{sources}"),
        (('template = "h {sources}"', ""), 6, "needs a 'template'", "{sources}"),
        (("template = \"h", "templates = \"h"), 6, "needs a 'template'", "template"),
        (("[headline]", "[headline]\nask = false"), 7, "'ask = false' stands alone", "all else"),
        (("[key-points.decoding]", "ask = false\n[key-points.decoding]"), 10, "alone", "remove it"),
        (("[context]", "[extra]"), 1, "section [context] is missing", "add it"),
        (("[context]", "[contexts]"), 13, "unknown key 'contexts'", "did you mean [context]?"),
        (("[context]", "[end]"), 13, "unknown key 'end'", "and the sections"),
        (('reads = "plan"', 'reads = "all"'), 3, "'reads' must be", "two"),
        (("max_input = 64", 'max_input = "64"'), 4, "must be a whole number", "'64'"),
        (("max_input = 64", "max_input = true"), 4, "must be a whole number", "True"),
        (("max_input = 64", "max_input = 0"), 4, "at least 16", "tokens"),
        (("max_input = 64", ""), 1, "'max_input' is missing", "README"),
        (("max_input", "max_inputs"), 4, "unknown key 'max_inputs'", "did you mean 'max_input'?"),
        (('models = ["mine"]', "models = []"), 2, "non-empty list of strings", "list models"),
        (('"mine"', '"type:"'), 2, "'type:' lacks an architecture", "type:bart"),
        (("max_input = 64", f"max_input = {'9' * 5000}"), 15, "not valid TOML", "correct it"),
        (("[headline]", "lengths = [[0, '']]\n[headline]"), 6, "'lengths' has 0 words", "1 or"),
        (('models = ["mine"]', "models = [3]"), 2, "list of strings", "list models"),
        (('"de"', '"german"'), 5, "'german' is not an ISO 639-1", '"en"'),
        (("[headline]", 'manner = "free"\n[headline]'), 6, "must be", "take one of the two"),
        (("[headline]", "least_support = 3\n[headline]"), 6, "between 0 and 1", "often errs"),
        (("[headline]", 'least_support = "x"\n[headline]'), 6, "must be a number", "'x'"),
        (("[headline]", "lengths = [[9, 1]]\n[headline]"), 6, "'lengths' has", '"<token>"'),
        (
            ("[headline]", 'lengths = [\n[9, "a"],\n[8, "b"]]\n[headline]'),
            6, "'lengths' must increase", "sort",
        ),
        (("beam = 2", "beams = 2"), 11, "unknown key 'beams'", "did you mean 'beam'?"),
        (("beam = 2", 'beam = "2"'), 11, "'beam' must be a whole number", "'2'"),
        (("beam = 2", "beam = 0"), 11, "'beam' must be at least 1", "0"),
        (("beam = 2", "patience = 0.0"), 11, "'patience' must be above 0", "0.0"),
        (("n_best = 1", "n_best = 3"), 12, "'n_best' is larger than 'beam'", "raise 'beam'"),
        (("n_best = 1", "min_tokens = 90"), 12, "'min_tokens' is over", "lower"),
        (("n_best = 1", 'language = "fr"'), 12, "unknown key 'language'", "use one of"),
        (("[key-points.decoding]\n", "decoding = 3\n"), 10, "must be a table", "header"),
        (("[headline]", "[headline"), 6, "not valid TOML", "correct it"),
        (('"c {sources}"', '"c {sources}'), 14, "not valid TOML", "correct it"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_line_and_remedy(
    tmp_path: Path, change: tuple[str, str], line: int, message: str, remedy: str
) -> None:
    assert change[0] in GOOD
    found = faults(tmp_path, GOOD.replace(*change, 1))
    one = next(fault for fault in found if message in fault.message)
    assert (one.line, remedy in one.remedy) == (line, True), one
    told = str(one)
    assert told.startswith(f"{tmp_path / 'mine.toml'}:{line}: ")
    assert "\n" not in told


def test_all_faults_are_told_in_order(tmp_path: Path) -> None:
    text = GOOD.replace('"plan"', '"all"').replace("{words}", "{wrods}").replace("beam", "beem")
    found = faults(tmp_path, text)
    assert [fault.line for fault in found] == [3, 9, 11]
    with pytest.raises(PromptError, match=r"mine\.toml:3: .* \(2 more\)"):
        load_family(write(tmp_path, text))


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    (fault,) = read_family(path)
    assert "cannot be read" in fault.message
    (fault,) = faults(tmp_path, "\n" * 60_000)
    assert "longer than 50,000 characters" in fault.message


def test_a_mark_of_windows_and_its_line_ends_are_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert isinstance(read_family(path), Prompts)


def test_a_key_that_cannot_be_printed_is_told_in_one_line(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, '"a\\nb\\u001b" = 1' + GOOD)
    assert r"unknown key 'a\nb\x1b'" in str(fault)


def test_many_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD + "".join(f"key{number} = {number}\n" for number in range(1000))
    found = faults(tmp_path, text)
    assert [fault.line for fault in found] == [15 + number for number in range(1000)]


@pytest.mark.parametrize("at", ["colour", "reads", "headline", "headline.decoding"])
def test_tables_of_any_depth_are_told(tmp_path: Path, at: str) -> None:
    deep = f"{at}{'.a' * 1500} = 1\n"
    text = deep + GOOD.replace('reads = "plan"\n', "").replace(
        '[headline]\ntemplate = "h {sources}"', ""
    )
    assert any(fault.line == 1 for fault in faults(tmp_path, text))


def test_two_files_of_a_folder_that_claim_the_same_models(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    files = [
        write(tmp_path, GOOD, "a"),
        write(tmp_path, "# a copy\n" + GOOD.replace('"mine"', '"x", "Mine"'), "b"),
        write(tmp_path / "other", GOOD, "c"),
    ]
    read = [(file, family) for file in files if isinstance(family := read_family(file), Prompts)]
    (fault,) = claimed_twice(read)
    assert (fault.source, fault.line) == (str(files[1]), 3)
    assert "'mine' is also in a.toml" in fault.message


def test_a_right_file_has_no_faults(tmp_path: Path) -> None:
    found = read_family(write(tmp_path, GOOD))
    assert isinstance(found, Prompts)
    assert found.models == ("mine",)


def test_a_key_in_a_text_is_not_the_key() -> None:
    text = 'a = """\nb = 1\n"""\nb = 2\n[c]\n# d = 0\nd = [\n  1,\n]\n'
    lines = key_lines(text)
    assert line_number(lines, ("b",)) == 4
    assert line_number(lines, ("c", "d")) == 7
    assert line_number(lines, ("c",)) == 5
    assert line_number(lines, ("c", "missing")) == 5
    assert line_number(lines, ("missing",)) == 1


def test_keys_that_are_written_in_other_ways() -> None:
    text = 'a.b = 1\n\n[c.d]  # [e]\n"f g" = {h = 2, i.j = 3}\n[[k]]\nl = 4\r\n[c]\n'
    assert key_lines(text) == {
        (): 1, ("a",): 1, ("a", "b"): 1, ("c",): 3, ("c", "d"): 3, ("c", "d", "f g"): 4,
        ("c", "d", "f g", "h"): 4, ("c", "d", "f g", "i"): 4, ("c", "d", "f g", "i", "j"): 4,
        ("k",): 5, ("k", "l"): 6,
    }  # fmt: skip


KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
VALUES = st.one_of(
    st.integers(-9, 9).map(str),
    st.text("ab =\\n[]#", max_size=6).map(lambda s: "'" + s + "'"),
    st.just('"""\nx = 1\n[y]\n"""'),
    st.just("[\n  1,\n  2,\n]"),
)
TABLES = st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4)


@given(TABLES, st.integers(0, 2))
def test_the_line_that_is_found_holds_the_key(tables: dict[str, dict[str, str]], gap: int) -> None:
    lines: list[str] = []
    for table, values in tables.items():
        lines += [""] * gap + [f"[{table}]"]
        lines += [f"{key} = {value}" for key, value in values.items()]
    text = "\n".join(lines)
    found = key_lines(text)
    assert len(found) == 1 + len(tables) + sum(map(len, tables.values()))
    for table, values in tables.items():
        rows = text.split("\n")
        assert rows[found[table,] - 1] == f"[{table}]"
        for key, value in values.items():
            row = rows[found[table, key] - 1]
            assert row == f"{key} = {value}".split("\n")[0]
    assert tomllib.loads(text).keys() == tables.keys()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200) | st.sampled_from(GOOD.split("\n")).map(lambda row: GOOD + row))
def test_no_text_is_a_crash(tmp_path: Path, text: str) -> None:
    found = read_family(write(tmp_path, text))
    assert isinstance(found, Prompts) or all(fault.line >= 1 for fault in found)


@given(st.text(st.sampled_from("ab.=[]{}\"'#\n\r 1,"), max_size=60))
def test_every_key_of_a_valid_text_has_a_line_and_no_text_is_a_crash(text: str) -> None:
    lines = key_lines(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    rows = text.replace("\r\n", "\n").split("\n")
    for key in data:
        assert key in rows[lines[key,] - 1] or not key


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([row for row in GOOD.split("\n") if "=" in row]),
            st.sampled_from(
                ["1", "-1", "1.5", "true", "[]", "[[]]", "{}", "inf", '"x"', '"{sources}"', "[1]",
                 '["a"]', "1979-05-27", "[[1, 'a']]"]
            ),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_no_value_is_a_crash(tmp_path: Path, changes: list[tuple[str, str]]) -> None:
    text = GOOD
    for row, value in changes:
        text = text.replace(row, f"{row.partition('=')[0]}= {value}")
    found = read_family(write(tmp_path, text))
    rows = text.split("\n")
    for fault in found if isinstance(found, list) else ():
        assert 1 <= fault.line <= len(rows)
