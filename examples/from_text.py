"""Brief a string."""

import briefing

ARTICLE = """\
Library lends garden tools

The public library of Alder Bay has lent 3,100 garden tools since it opened a tool shed in April,
it said on Friday. Most were spades and hedge shears.

Members borrow a tool for a week, free of charge. Two in five of those who did had not borrowed a
book in years, said the librarian, Ines Marlow.

The shed was paid for by a trust that closed in January. The library will ask the town council for
$40,000 a year to keep it open.
"""

brief = briefing.brief(ARTICLE)
print(brief.headline)
for line in brief.key_points:
    print("-", line.text)
    for sentence in line.sources:
        print("    from:", sentence.text)
