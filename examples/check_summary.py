"""Check a summary against its article: python check_summary.py SUMMARY.txt ARTICLE"""

import sys
from pathlib import Path

import briefing

article = briefing.read(Path(sys.argv[2]))
report = briefing.check(Path(sys.argv[1]).read_text(encoding="utf-8"), against=article)
for claim in report.claims:
    if claim.kind == "sentence":
        print(f"{claim.finding:>10}: {claim.text}")
        for index in claim.evidence:
            print(f"{'':>12}[{index}] {article.sentences[index].text}")
sys.exit(not report.supported)
