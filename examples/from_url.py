"""Brief a web page: python from_url.py URL"""

import sys

import briefing

try:
    print(briefing.brief(sys.argv[1]).to_markdown())
except briefing.BriefingError as error:
    sys.exit(f"{error.code}: {error}")
