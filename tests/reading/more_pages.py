# ruff: noqa: E501
"""More pages as sites write them: walls, and articles that look like walls."""

MORE_WALLS = {
    "age gate": """<!doctype html><html><head><title>Ridgeline Gazette</title></head><body><div class="gate">
<h2>How old are you?</h2><p>You must be at least 18 years old to enter this website. By clicking Enter you confirm
that you are of legal age in your country and agree to our terms of use and our cookie policy.</p>
<a class="btn" href="/enter">Enter</a> <a class="btn" href="https://example.org">Leave</a></div></body></html>""",
    "region block": """<html><head><title>451: Unavailable due to legal reasons</title></head><body>
<h1>451: Unavailable due to legal reasons</h1><p>We recognize you are attempting to access this website from a country
belonging to the European Economic Area (EEA) including the EU which enforces the General Data Protection Regulation
(GDPR) and therefore access cannot be granted at this time. For any issues, contact support@ridgeline.example or call
555-0142.</p></body></html>""",
    "expired registration meter": """<html><head><title>Bridge inquiry opens in Ellerton | The Ellerton Times</title>
<meta property="og:type" content="article"></head><body><main><h1>Bridge inquiry opens in Ellerton</h1>
<div class="paywall"><h3>You've read all your free stories this month</h3><p>Create a free account or log in to go on
reading. It takes less than a minute and you will get our morning newsletter as well.</p><p>Members support independent
local journalism. Join today from only 2 euros a week. You can cancel at any time.</p><p>Have an account? Log in. Are
you a print subscriber? Activate your digital access here.</p></div></main></body></html>""",
    "proof of work check": """<!doctype html><html><head><title>Making sure you're not a bot!</title></head><body>
<main><h1>Making sure you're not a bot!</h1><p>Loading...</p><details><summary>Why am I seeing this?</summary><p>You are
seeing this because the administrator of this website has set up a tool to protect the server against the scourge of AI
companies aggressively scraping websites. This can and does cause downtime for the websites, which makes their resources
inaccessible for everyone.</p><p>Please note that this check requires the use of modern JavaScript features that plugins
like JShelter will disable. Please disable JShelter or other such plugins for this domain.</p></details>
<noscript><p>Sadly, you must enable JavaScript to get past this challenge.</p></noscript></main></body></html>""",
    "ad blocker": """<html><head><title>Storm closes the Tessel pass - Highland Post</title></head><body>
<header>Highland Post</header><div id="abmodal"><h2>It looks like you're using an ad blocker</h2><p>Advertising pays for
the reporting that we bring you free of charge. To keep reading, please switch off your ad blocker for this site, or
support us with a subscription without ads.</p><p>Step 1: click the icon of your ad blocker in the toolbar. Step 2:
choose to allow ads on highlandpost.example. Step 3: reload the page.</p></div></body></html>""",
    "maintenance": """<html><head><title>We'll be right back</title></head><body><h1>We'll be right back!</h1><p>Our site
is down for scheduled maintenance at the moment. We are sorry for the inconvenience and expect to be back online
shortly. Thank you for your patience. In the meantime you can follow us on our social channels or write to
help@valley.example.</p></body></html>""",
    "tag page": """<!doctype html><html><head><title>Floods: latest news | Ridgeline Gazette</title></head><body>
<header><nav><a href="/">Home</a><a href="/politics">Politics</a></nav></header><main><h1>Floods</h1>
<ul class="river">"""
    + "".join(
        f"""<li><a href="/2026/11/{n}/story-{n}"><img src="/i/{n}.jpg" alt=""></a><div><span class="kicker">Region</span>
<div class="t"><a href="/2026/11/{n}/story-{n}">{title}</a></div><div class="dek">{dek}</div><time>{n} November</time>
</div></li>"""
        for n, title, dek in [
            (
                3,
                "River Orle bursts its banks at Senlow",
                "Four hundred homes are under water and the school is closed until Monday.",
            ),
            (
                5,
                "Farmers count the loss of their winter wheat",
                "The union puts the damage at eleven million and asks for help from the state.",
            ),
            (
                8,
                "Dike at Marrow held by a hair, engineers say",
                "A leak was found at three in the morning by a night watchman with a torch.",
            ),
            (
                11,
                "Insurers will not pay for cellars without valves",
                "Thousands of claims were turned down in the first week after the water fell.",
            ),
            (
                14,
                "Soldiers leave Senlow after nine days",
                "They filled ninety thousand sandbags, and the town gave them a parade.",
            ),
            (
                17,
                "Minister promises a wall for the lower town",
                "The plan is twelve years old, and nobody has said who is going to pay for it.",
            ),
        ]
    )
    + "</ul><a href='?page=2'>Older</a></main><footer>Contact</footer></body></html>",
    "german soft 404": """<!doctype html><html lang="de"><head><title>Seite nicht gefunden - Talbote</title></head><body>
<nav><a href="/">Start</a></nav><main><h1>Hoppla!</h1><p>Die gewünschte Seite wurde leider nicht gefunden. Vielleicht
haben Sie sich bei der Eingabe der Adresse vertippt, oder der Artikel ist nicht mehr verfügbar.</p><p>Bitte nutzen Sie
die Suche oder gehen Sie zurück zur Startseite.</p></main></body></html>""",
}


def _page(title: str, body: str, extra: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>{title} | The Ellerton Times</title></head><body><nav><a href='/'>Home"
        f"</a><a href='/subscribe'>Subscribe</a></nav><article><h1>{title}</h1>{body}</article>{extra}"
        "<footer>We use cookies. <a href='/privacy'>Privacy policy</a></footer></body></html>"
    )


MORE_ARTICLES = {
    "police appeal": _page(
        "Police look for witnesses of crash on Mill Road",
        "<p>A cyclist was hurt in a crash with a van on Mill Road on Monday evening. The driver did not stop.</p><p>If "
        "you saw the crash, or have a camera in your car, please contact the police on 555-0199 or use the form on "
        "their website. You can stay anonymous.</p>",
    ),
    "privacy ruling": _page(
        "Court bans consent banners without a reject button",
        "<p>Websites may not ask for consent to cookies without a button to reject them all, a court in Ellerton ruled on "
        'Friday.</p><p>The judges found that the banner of a shop left its visitors no choice: "Accept all" was green, '
        "and settings were hidden behind a link. The shop must pay 40,000 euros.</p>",
    ),
    "outage": _page(
        "Bank's website down for a second day",
        "<p>Customers of Tessel Bank could not log in to their accounts for a second day on Thursday. The page showed "
        '"Service unavailable, please try again later".</p><p>The bank blamed a faulty update and said that no data '
        "was lost. It will pay back fees for late payments.</p>",
    ),
    "how-to": _page(
        "How to delete cookies in your browser",
        "<p>Cookies can slow down your browser and tell others which pages you visit. Here is how you delete them.</p>"
        "<h2>On a computer</h2><p>Open the menu at the top right and choose Settings. Click Privacy and security, then "
        "Delete browsing data. Tick the box Cookies and other site data and press Delete.</p><h2>On a phone</h2><p>Open "
        "the app, tap the three dots, and choose History. Tap Clear browsing data and confirm. You will have to log in "
        "again on most sites, so keep your passwords at hand.</p>",
    ),
    "paywall business": _page(
        "Highland Post drops its paywall",
        "<p>The Highland Post will let everyone read its stories without a subscription from January, its owner said.</p>"
        '<p>"Readers who subscribe to support us will keep doing so," editor Ana Voss told staff. The paper has 31,000 '
        "digital subscribers, who pay 9 euros a month for unlimited access.</p>",
    ),
    "listicle with links": _page(
        "Six bookshops that are worth the trip",
        "<p>Our readers chose these six from 214 that "
        "were nominated in the spring.</p>"
        + "".join(
            f"<h3><a href='https://shop{n}.example/'>{name}</a></h3><p>{text}</p>"
            for n, (name, text) in enumerate(
                [
                    (
                        "The Attic, Ellerton",
                        "Four floors of old maps and a cat. The owner knows every book and most of their readers, and she lends an umbrella to anyone who asks.",
                    ),
                    (
                        "Inkwell, Senlow",
                        "It was a bank once, and the crime novels are in the vault. On Thursdays there is soup, made by the poet who runs it.",
                    ),
                    (
                        "Harbour Books, Port Alder",
                        "You can arrive by boat. The shelves are on wheels because the ground floor is under water twice a year.",
                    ),
                    (
                        "Page and Sons, Marrow",
                        "The sons are in their seventies. Ask for the room behind the curtain, where they keep first editions of children's books.",
                    ),
                    (
                        "The Open Door, Tessel",
                        "Open all night on Fridays. Students of the college read aloud from whatever is put into their hands.",
                    ),
                    (
                        "Kestrel, Orle",
                        "The smallest of the six, in a railway signal box. Trains still pass, and nobody looks up.",
                    ),
                ]
            )
        ),
    ),
    "service notice": _page(
        "Library cards to be renewed online",
        "<p>From 1 December readers of the county libraries can renew their cards on the libraries' website. You need your "
        "card number and the password that was sent by post in October.</p><p>Those without internet access can go on "
        "renewing at any counter, the county said.</p>",
    ),
    "essay on 404": _page(
        "Page not found: a short history of an error",
        "<p>The first was seen at a laboratory near Geneva in 1992, when the web had fewer than fifty servers. Room 404, "
        "so the legend goes, was where the central database stood, and clerks who could not find a file said so. It is "
        "a nice story and it is not true.</p><p>Robert Cailliau, who worked there, has called it a myth. The number is "
        "only the fourth in the series of errors for which the client is to blame.</p>",
    ),
}

_NAV = (
    "<header><nav><ul>"
    + "".join(
        f"<li><a href='/{s.lower()}'>{s}</a></li>"
        for s in "Home News Politics Business Sport Culture Opinion Weather".split()
    )
    + "</ul></nav></header>"
)
_FOOT = "<footer><p>© 2026 The Ellerton Times. All rights reserved.</p><ul><li><a href='/terms'>Terms of service</a></li><li><a href='/privacy'>Privacy policy</a></li></ul></footer>"
_SIDE = (
    "<aside><h3>Most read</h3><ol>"
    + "".join(
        f"<li><a href='/a/{i}'>{t}</a></li>"
        for i, t in enumerate(
            [
                "River bursts its banks at Senlow after days of rain",
                "Council sells the old mill to a brewer",
                "Two hurt in crash on the coast road",
                "Choir looks for a new hall in Marrow",
                "Baker retires after half a century",
            ]
        )
    )
    + "</ol></aside>"
)


def _full(title, body, og=True):
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        + ("<meta property='og:type' content='article'>" if og else "")
        + f"<script src='/a.js'></script></head><body>{_NAV}<main>{body}</main>{_SIDE}{_FOOT}</body></html>"
    )


def _bare(title, body):
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


_FULL_WALLS = {
    "tcf long": _full(
        "Ellerton keeps its ferry | The Ellerton Times",
        """<div class='cmp'><h2>Your privacy is important to us</h2><p>With your agreement, we and our 839 partners use cookies or similar technologies to store, access and process personal data like your visit on this website, IP addresses and cookie identifiers. Some partners do not ask for your consent to process your data and rely on their legitimate business interest. You can withdraw your consent or object to data processing based on legitimate interest at any time by clicking on Learn more or in our privacy policy on this website.</p><p>We and our partners process data for the following purposes:</p><ul><li>Actively scan device characteristics for identification</li><li>Develop and improve services</li><li>Measure advertising performance</li><li>Personalised advertising and content, advertising and content measurement, audience research and services development</li><li>Store and or access information on a device</li><li>Use precise geolocation data</li></ul><button>Learn more</button><button>Agree and close</button></div>""",
    ),
    "robot click": _bare(
        "Are you a robot?",
        """<h2>To continue, please click the box below to let us know you're not a robot.</h2><div class='g-recaptcha'></div><h3>Why did this happen?</h3><p>Please make sure your browser supports JavaScript and cookies and that you are not blocking them from loading. For more information you can review our Terms of Service and Cookie Policy.</p><h3>Need help?</h3><p>For inquiries related to this message please contact our support team and provide the reference ID below.</p><p>Block reference ID: 71a2-44</p>""",
    ),
    "archive missing": _full(
        "Archive",
        "<h1>Hrm.</h1><p>The archive has not saved that URL.</p><p>This page is available on the web! Help make the archive more complete by saving this page.</p>",
        False,
    ),
    "social login": _bare(
        "Log in",
        "<h1>Log in to Facegroup</h1><p>You must log in to continue.</p><form><input name='email'><input name='pass'></form><p>Forgotten account? Sign up for Facegroup</p>",
    ),
    "no js social": _bare(
        "chirp",
        "<div id='react-root'></div><div><h1>JavaScript is not available.</h1><p>We've detected that JavaScript is disabled in this browser. Please enable JavaScript or switch to a supported browser to continue using chirp.example. You can see a list of supported browsers in our Help Center.</p></div><p>Something went wrong, but don't fret, let's give it another shot.</p>",
    ),
    "thanks for reading": _full(
        "Bridge inquiry opens in Ellerton - The Times",
        "<h1>Bridge inquiry opens in Ellerton</h1><div><p>Thanks for reading The Times.</p><p>Create your free account or log in to continue reading.</p><form><label>Email address</label><input></form><p>By continuing, you agree to the Terms of Service and acknowledge our Privacy Policy.</p></div>",
    ),
    "soft 404 with teasers": _full(
        "Page not found",
        "<h1>Sorry, we can't find that page</h1><p>The link may be broken, or the page may have been removed. Here are some of our latest stories.</p>"
        + "".join(
            f"<article><h3><a href='/n/{i}'>{t}</a></h3><p>{d}</p></article>"
            for i, (t, d) in enumerate(
                [
                    ("River bursts its banks", "Four hundred homes are under water."),
                    ("Farmers count the loss", "The union puts the damage at eleven million."),
                    ("Dike held by a hair", "A leak was found at three in the morning."),
                    ("Insurers will not pay", "Thousands of claims were turned down."),
                    ("Soldiers leave Senlow", "They filled ninety thousand sandbags."),
                ]
            )
        ),
        False,
    ),
    "paid post": _full(
        "Why the mill matters - by Ana Voss",
        "<h1>Why the mill matters</h1><h3>On brewers and floods</h3><div><h2>This post is for paid subscribers</h2><p><a href='/subscribe'>Subscribe</a></p><p>Already a paid subscriber? <a href='/signin'>Sign in</a></p></div>",
    ),
    "before you continue": _bare(
        "Before you continue to Seeker",
        "<h1>Before you continue to Seeker</h1><p>We use cookies and data to</p><ul><li>Deliver and maintain Seeker services</li><li>Track outages and protect against spam, fraud, and abuse</li><li>Measure audience engagement and site statistics to understand how our services are used and enhance the quality of those services</li></ul><p>If you choose to Accept all, we will also use cookies and data to</p><ul><li>Develop and improve new services</li><li>Deliver and measure the effectiveness of ads</li><li>Show personalised content, depending on your settings</li></ul><p>Non-personalised content is influenced by things like the content that you're currently viewing, activity in your active search session, and your location.</p>",
    ),
    "nginx": _bare(
        "Welcome to nginx!",
        "<h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and working. Further configuration is required.</p><p>For online documentation and support please refer to nginx.org. Commercial support is available at nginx.com.</p><p><em>Thank you for using nginx.</em></p>",
    ),
    "directory": _bare(
        "Index of /pub",
        "<h1>Index of /pub</h1><pre><a href='../'>../</a>\n<a href='a.txt'>a.txt</a> 12-Nov-2026 10:11 1234\n<a href='b.txt'>b.txt</a> 13-Nov-2026 10:11 4321\n<a href='readme.html'>readme.html</a> 14-Nov-2026 10:11 99\n</pre>",
    ),
    "database": _bare(
        "Database Error",
        "<h1>Error establishing a database connection</h1><p>This either means that the username and password information in your configuration file is incorrect or that contact with the database server could not be established.</p>",
    ),
    "construction": _bare(
        "Coming soon",
        "<h1>Our new website is on its way</h1><p>We are working hard to bring you a fresh new look. Please check back soon, or leave your email address and we will let you know when we launch.</p>",
    ),
    "waf": _bare(
        "Request Rejected",
        "The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 1234567890123<br><br><a href='javascript:history.back();'>[Go Back]</a>",
    ),
    "queue": _bare(
        "You are in line",
        "<h1>You are now in line</h1><p>Thank you for waiting. When it is your turn, you will have 10 minutes to enter the website. Please do not close or refresh this page, or you will lose your place in the queue.</p><p>Your estimated wait time is 4 minutes.</p>",
    ),
    "redirect": _bare(
        "Redirecting...",
        "<p>You are being redirected to the page that you asked for. If nothing happens within a few seconds, please click here to continue.</p>",
    ),
    "app": _full(
        "Storm closes the Tessel pass",
        "<h1>Storm closes the Tessel pass</h1><div><h2>Continue in the app</h2><p>Get our free app to read the full story, follow your favourite topics and receive alerts when news breaks.</p><p>Scan the code with your phone's camera, or download it from your app store.</p></div>",
    ),
    "links only": _full(
        "Politics | The Ellerton Times",
        "<h1>Politics</h1><ul>"
        + "".join(
            f"<li><a href='/p/{i}'>{t}</a></li>"
            for i, t in enumerate(
                [
                    "Minister promises a wall for the lower town",
                    "Council votes down a tax on second homes",
                    "Mayor's office denies that files were shredded",
                    "Opposition wants an inquiry into the mill sale",
                    "Four candidates for two seats in Marrow",
                    "Budget debate postponed to January",
                ]
            )
        )
        + "</ul>",
        False,
    ),
    "remaining": _full(
        "Dike held by a hair | The Times",
        "<h1>Dike held by a hair</h1><div><p>You have no free articles remaining this month.</p><p>Subscribe from 1 euro a week and support local reporters. All articles, the e-paper and our puzzles, on every device.</p><ul><li>Monthly, 4 euros</li><li>Yearly, 40 euros</li></ul></div>",
    ),
    "dutch gate": _bare(
        "Privacy Gate",
        "<h1>Jouw privacy-instellingen</h1><p>Wij en onze 112 partners gebruiken cookies en vergelijkbare technieken om informatie op je apparaat op te slaan. Met je toestemming tonen wij gepersonaliseerde advertenties en meten wij hoe je onze site gebruikt.</p><p>Je kunt je toestemming op elk moment intrekken via je instellingen.</p>",
    ),
    "location": _full(
        "Video",
        "<h1>This video can't be played</h1><p>It looks like you are outside the country. For rights reasons our programmes are available to viewers at home only. If you are on holiday, try signing in with your account.</p>",
        False,
    ),
    "comments closed": _full(
        "Storm closes the Tessel pass",
        "<h1>Storm closes the Tessel pass</h1><p>Share this article</p><p>Comments are closed.</p>",
    ),
    "session": _bare(
        "Session expired",
        "<p>Your session has expired due to inactivity. Please sign in again to continue where you left off.</p>",
    ),
    "vpn": _bare(
        "Blocked",
        "<h1>VPN or proxy detected</h1><p>You appear to be using a VPN or an anonymous proxy. Turn it off and reload the page to go on. If you think that this is a mistake, tell us your IP address.</p>",
    ),
}


def _story(title, *ps):
    return _full(
        f"{title} | The Ellerton Times",
        f"<article><h1>{title}</h1>" + "".join(f"<p>{p}</p>" for p in ps) + "</article>",
    )


_FULL_ARTICLES = {
    "statement": _story(
        "A note from the editor",
        "We got it wrong. On Tuesday this website reported that the mill had been sold for 40,000 euros. The price was 400,000.",
        "We apologise to the owner and to you, our readers, and have corrected the article.",
    ),
    "bank fraud": _story(
        "Beware of this text message",
        "Have you had a message from your bank that asks you to confirm your account? Do not click on the link, police say.",
        "It leads to a page that looks like the bank's and asks for your password. Four people in Ellerton lost 12,000 euros this week.",
    ),
    "tax form": _story(
        "You can now file your taxes by phone",
        "You need the new app and your identity card. Hold the card against the phone and enter the six digits of your password.",
        "The tax office expects 200,000 people to use the app this year. If you get stuck, call 555-0110.",
    ),
    "vpn news": _story(
        "Streaming service blocks VPN users",
        "Viewers who hide where they are with a VPN can no longer use the streaming service Alto. They see a page that says their connection is blocked.",
        "The company said that it has to obey its contracts with studios. Customers who feel wrongly blocked can ask for their money back.",
    ),
    "election how": _story(
        "How to vote on Sunday",
        "You can vote from 8 a.m. to 6 p.m. Bring your passport or identity card; the letter from the town hall is not needed.",
        "If you are ill, someone whom you trust can fetch a ballot for you until 3 p.m. Your name must be on the list, which you can check on the town's website.",
    ),
    "new design": _story(
        "Our new website",
        "Today you see our pages in a new dress. The letters are larger, the pictures wider, and the front page loads in half the time.",
        "Designers Ida Moss and Lee Park worked on it for a year. They watched 60 readers at their kitchen tables and threw away four drafts.",
    ),
    "ads": _story(
        "Browser maker drops ad blocking",
        "The next version of the Kite browser will no longer block ads by default, its maker said on Monday.",
        "Users can turn blocking on in the settings. Publishers had complained that they lost a fifth of their income.",
    ),
    "concert": _story(
        "Tickets for the harbour concert",
        "Tickets go on sale on Friday at 10 a.m. on the website of the harbour. Each visitor can buy four at most.",
        "You will need an account, and you have ten minutes to pay. Last year the queue had 40,000 people in it after an hour.",
    ),
    "letter": _story(
        "Letters: your views on the ferry",
        "Sir, I have used the ferry for 40 years and you should be ashamed of your editorial. Ann Moss, Grey Island.",
        "You ask what the ferry is for. It is for us. Please come and see. Tom Lind, Grey Island.",
    ),
    "recipe": _story(
        "Bread in five minutes",
        "Mix 500 grams of flour with 350 grams of water, yeast and salt. Cover it and wait overnight.",
        "Heat your oven to 250 degrees. Shape the loaf, put it into a hot pot, and bake it for 40 minutes with the lid on. Let it cool before you cut it.",
    ),
    "horoscope": _story(
        "Your week",
        "You will meet an old friend on Tuesday and lose your keys on Wednesday. Do not sign anything before the weekend.",
        "Your plans for the summer need a second look. Someone close to you knows more than they say.",
    ),
    "404 in code": _story(
        "Bug of the week: the page that was not there",
        "The page loaded. The link was right. And yet the server said 404.",
        "It took us three days to see that a colleague had renamed the folder with a Cyrillic letter. We have since written a check that refuses such names.",
    ),
    "gdpr sub": _story(
        "Court: pay or consent is legal",
        "News sites may ask readers to accept advertising cookies or to pay for a subscription, the high court ruled.",
        "The plaintiff, a teacher, had been asked for 3.99 euros a month. Her lawyer said that consent under such a choice was not free. The court disagreed.",
    ),
    "shop closes": _story(
        "Shop closes its website",
        "Hallam's, which began to sell shoes by post in 1911, closes its website on Friday. Customers can return goods until March.",
        '"We could not compete," owner Jo Hallam said. The two shops in Ellerton stay open.',
    ),
}

MORE_WALLS |= _FULL_WALLS
MORE_ARTICLES |= _FULL_ARTICLES
