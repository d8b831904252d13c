# ruff: noqa: E501
"""Pages of many shapes: walls, which hold no article, and articles that look like walls."""

from html import escape

_NAV = "<header><nav><a href='/'>Home</a><a href='/news'>News</a><a href='/join'>Subscribe</a></nav></header>"
_FOOT = "<footer>We use cookies. <a href='/privacy'>Privacy</a> <a href='/terms'>Terms</a></footer>"


def page(title: str, body: str, *, head: str = "", after: str = "", lang: str = "en") -> str:
    """A page of a news site with menus around its body."""
    return (
        f"<!doctype html><html lang='{lang}'><head><title>{title} | Alder Post</title>{head}</head>"
        f"<body>{_NAV}<main>{body}</main>{after}{_FOOT}</body></html>"
    )


def bare(title: str, body: str, head: str = "") -> str:
    """A page of a server or a service in front of one, with nothing around its body."""
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def _paragraphs(*texts: str) -> str:
    return "".join(f"<p>{escape(text, quote=False)}</p>" for text in texts)


_TEASERS = [
    ("Council to sell the old mill", "The building has stood empty for nine years."),
    ("Ferry fares go up in May", "A single ticket will cost four dollars."),
    ("School wins chess prize", "Eleven pupils travelled to the final in Birchfield."),
    ("Baker retires after half a century", "His son will not take over the shop."),
    ("Two hurt in crash on coast road", "Police closed the road for three hours."),
    ("Choir looks for a new hall", "The roof of the chapel is no longer safe."),
    ("Hospital opens children's ward", "It has room for twenty beds and a playground."),
    ("Storm damages sea wall", "Repairs could take until the end of the year."),
]


def _heading_cards() -> str:
    return "".join(
        f"<article class='card'><h2><a href='/news/{n}'>{title}</a></h2><p>{text}</p></article>"
        for n, (title, text) in enumerate(_TEASERS)
    )


def _link_around_card() -> str:
    return "".join(
        f"<a class='tile' href='https://post.example/a/{n}'><h3>{title}</h3><p>{text}</p></a>"
        for n, (title, text) in enumerate(_TEASERS)
    )


def _list_of_links() -> str:
    rows = "".join(
        f"<li><p><a href='/2026/{n}.html'>{title} and what it means for the county</a></p>"
        f"<p>{text} {text}</p><p><a href='/2026/{n}.html'>Read more</a></p></li>"
        for n, (title, text) in enumerate(_TEASERS)
    )
    return f"<h1>Archive</h1><ul>{rows}</ul>"


WALLS = {
    "cookie consent": bare(
        "We value your privacy",
        "<div role='dialog'><h1>We value your privacy</h1>"
        + _paragraphs(
            "We and our 612 partners store and access information on your device, such as cookies, "
            "and process personal data, such as your IP address, for personalised advertising, "
            "measurement of content and audience research.",
            "You may consent or refuse to consent. Your choice applies to this website only, and "
            "you can change it at any time by returning to this page.",
        )
        + "<button>Agree</button><button>More options</button></div>",
    ),
    "cookie or pay": page(
        "Ferry vote",
        "<h2>Read with advertising or subscribe</h2>"
        + _paragraphs(
            "Use our site as usual with advertising and tracking, to which you can withdraw your "
            "consent at any time, or take the ad-free subscription for 4.99 a month.",
            "Already a subscriber of the ad-free offer? Log in here. Details are in our privacy "
            "policy and in the privacy centre.",
        ),
    ),
    "human check": bare(
        "Just a moment...",
        "<h1>news.example</h1><h2>Verify you are human by completing the action below.</h2>"
        "<p>news.example needs to review the security of your connection before proceeding.</p>"
        "<p>Ray ID: 8c1f00aa2b</p><noscript>Enable JavaScript and cookies to continue</noscript>"
        "<script src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1'></script>",
    ),
    "press and hold": bare(
        "Access to this page has been denied",
        "<div id='px-captcha'></div><h1>Press &amp; Hold to confirm you are a human (and not a "
        "bot).</h1><p>Something about your browser made us think that you might be a robot. There "
        "are a few reasons this might happen: you are a power user moving through this website "
        "with super-human speed, you have disabled cookies in your web browser, or a third-party "
        "plugin is preventing JavaScript from running.</p><p>Reference ID: 5f3c2e90</p>",
    ),
    "unusual traffic": bare(
        "Sorry...",
        "<p>Our systems have detected unusual traffic from your computer network. This page checks "
        "to see if it is really you sending the requests, and not a robot. Please try your request "
        "again later, or type the characters that you see in the picture.</p><form><img src='c.png'>"
        "<input name='captcha'></form>",
    ),
    "script shell": bare(
        "Alder Post",
        "<div id='app'></div><noscript><strong>We're sorry but this site doesn't work properly "
        "without JavaScript enabled. Please enable it to continue.</strong></noscript>"
        "<script src='/static/js/main.9f1c.js'></script>",
    ),
    "script shell with a menu": page(
        "Alder Post",
        "<div id='__next'><div class='spinner'>Loading…</div></div>"
        "<noscript>You need to turn on JavaScript in your browser to read this page.</noscript>"
        "<script>window.__STATE__={}</script>",
    ),
    "old browser": bare(
        "Unsupported browser",
        "<h1>Your browser is not supported</h1>"
        + _paragraphs(
            "To get the best out of our website, please update to a newer version of your browser, "
            "or download one of those listed below. It is free and takes only a few minutes.",
            "Chrome, Firefox, Edge, Safari",
        ),
    ),
    "soft 404": page(
        "Page not found",
        "<h1>Oops! That page can't be found.</h1>"
        + _paragraphs(
            "It looks like nothing was found at this location. Maybe try one of the links in the "
            "menu, or a search?",
            "If you followed a link from our own pages, please tell our web team, and we will mend "
            "it as soon as we can.",
        ),
    ),
    "removed article": page(
        "Error",
        "<h1>This story is no longer available</h1>"
        + _paragraphs(
            "The article you are looking for has been removed, or its address has changed. Our "
            "agreements with news agencies allow us to keep some stories for thirty days only.",
            "Go to our front page for the latest news, or use the search at the top of this page.",
        ),
    ),
    "server error": bare(
        "500 - Internal Server Error",
        "<h1>Something went wrong</h1><p>An error occurred on our server while it was processing "
        "your request. Our technicians have been told. Please reload the page or come back in a "
        "few minutes.</p><p>Error code: 0x8000ffff</p>",
    ),
    "access denied": bare(
        "Access Denied",
        '<h1>Access Denied</h1><p>You don\'t have permission to access "http://post.example/a/1" on '
        "this server.</p><p>Reference #18.2f1c1702.1764.3ab0f1</p>",
    ),
    "blocked address": bare(
        "Attention Required!",
        "<h1>Sorry, you have been blocked</h1><h2>You are unable to access post.example</h2>"
        "<h3>Why have I been blocked?</h3><p>This website is using a security service to protect "
        "itself from online attacks. The action you just performed triggered the security solution. "
        "There are several actions that could trigger this block, including submitting a certain "
        "word or phrase, a SQL command or malformed data.</p><h3>What can I do to resolve this?</h3>"
        "<p>You can email the site owner to let them know you were blocked. Please include what you "
        "were doing when this page came up and the Ray ID found at the bottom of this page.</p>",
    ),
    "too many requests": bare(
        "Slow down",
        "<p>You have sent too many requests in a short time. Wait a few minutes and try again. If "
        "you need data in bulk, please use our API and register for a key.</p>",
    ),
    "subscription offer": page(
        "Mayor of Alder resigns",
        "<h1>Mayor of Alder resigns</h1><div class='offer'><h2>Subscribe for full access</h2>"
        + _paragraphs(
            "Get unlimited access to every story on our website and in our app for $1 a week for "
            "the first six months. After that you pay $3.50 a week.",
            "Cancel or pause anytime. Your subscription renews automatically unless you cancel. "
            "Already a subscriber? Sign in to continue reading.",
        )
        + "<button>Choose this plan</button></div>",
    ),
    "login form": page(
        "Log in",
        "<h1>Log in to your account</h1><form><label>Email</label><input><label>Password</label>"
        "<input type='password'></form>"
        + _paragraphs(
            "New here? Create an account to save stories, follow topics and take part in the "
            "discussion. Forgot your password? We will send you a link to reset it.",
        ),
    ),
    "registration": page(
        "Harbour plan",
        "<h2>Register for free to keep reading</h2>"
        + _paragraphs(
            "Enter your email address below and get access to three more articles this month. By "
            "registering you accept our terms and agree to receive our newsletter. You can "
            "unsubscribe at any time.",
        ),
    ),
    "newsletter pop-up": page(
        "Sign up",
        "<h2>Don't miss a story</h2>"
        + _paragraphs(
            "Sign up for our daily newsletter and get the best of our journalism in your inbox "
            "every morning. Please enter a valid email address.",
            "Thank you for signing up! Check your inbox to confirm your subscription.",
        ),
    ),
    "region": bare(
        "Not available",
        "<p>This content is not available in your region. Because of data protection rules we "
        "cannot show you our website at your location at present. We apologise for the "
        "inconvenience and are working on a solution for readers in your country.</p>",
    ),
    "empty search": page(
        "Search",
        "<h1>Search</h1>"
        + _paragraphs(
            "Your search did not match any of our articles. Check the spelling, use fewer words, "
            "or browse our sections instead."
        ),
    ),
    "parked domain": bare(
        "post.example",
        "<h1>post.example</h1><p>This domain may be for sale. Click here to inquire about this "
        "domain, or visit our partner for domains and web hosting.</p>"
        "<ul><li><a href='/s?1'>Local news</a></li><li><a href='/s?2'>Breaking news</a></li></ul>",
    ),
    "front page with headings": page("Alder Post", _heading_cards()),
    "front page with tiles": page(
        "News from Alder",
        _link_around_card(),
        head="<link rel='canonical' href='https://post.example/'>",
    ),
    "archive": page("Archive", _list_of_links()),
    "french soft 404": page(
        "Page introuvable",
        "<h1>Page introuvable</h1>"
        + _paragraphs(
            "La page que vous recherchez n'existe pas ou a été déplacée. Vérifiez l'adresse, ou "
            "retournez à la page d'accueil de notre site."
        ),
        lang="fr",
    ),
    "german consent": bare(
        "Zustimmung",
        "<h2>Weiterlesen mit Werbung</h2>"
        + _paragraphs(
            "Wir und unsere Partner verwenden Cookies und ähnliche Techniken, um Informationen auf "
            "Ihrem Gerät zu speichern. Mit einem Klick auf «Akzeptieren» stimmen Sie der "
            "Verarbeitung Ihrer Daten zu.",
            "Sie können Ihre Einwilligung jederzeit in den Einstellungen widerrufen.",
        ),
    ),
    "spanish subscription": page(
        "Contenido exclusivo",
        "<h2>Contenido exclusivo para suscriptores</h2>"
        + _paragraphs(
            "Para seguir leyendo este artículo, suscríbete por 1 € al mes y accede sin límites a "
            "todo nuestro contenido. ¿Ya eres suscriptor? Inicia sesión."
        ),
        lang="es",
    ),
}
"""Pages that hold no article, by kind."""

_BANNER = (
    "<div class='cookie-banner'><p>We use cookies to improve your experience. By continuing to use "
    "our site you accept our use of cookies.</p><button>Accept</button></div>"
)
_RELATED = (
    "<aside><h2>More stories</h2>"
    + "".join(
        f"<h3><a href='/n/{n}'>{title}</a></h3><p>{text}</p>"
        for n, (title, text) in enumerate(_TEASERS)
    )
    + "</aside>"
)
_FERRY = (
    "Residents of Alder voted on Tuesday to keep the ferry to Grey Island, rejecting a plan by the "
    "council to close the route.",
    "Some 5,214 people, or 61 percent of those who voted, backed the ferry, returning officer Hugh "
    "Lind said.",
)


def _story(title: str, *texts: str, before: str = "", after: str = "", head: str = "") -> str:
    return page(
        title,
        f"{before}<article><h1>{title}</h1>{_paragraphs(*texts)}</article>",
        after=after,
        head=head,
    )


ARTICLES = {
    "two paragraphs": _story("Alder keeps its ferry", *_FERRY),
    "one paragraph": _story("Alder keeps its ferry", _FERRY[0]),
    "below a cookie banner": _story("Alder keeps its ferry", *_FERRY, before=_BANNER),
    "above many teasers": _story("Alder keeps its ferry", *_FERRY, after=_RELATED),
    "with a script shell's note": page(
        "Alder keeps its ferry",
        "<noscript>Please enable JavaScript to read the comments.</noscript>"
        f"<article>{_paragraphs(*_FERRY)}</article><script src='/app.js'></script>",
    ),
    "with a captcha for comments": _story(
        "Alder keeps its ferry",
        *_FERRY,
        after="<form><div class='g-recaptcha'></div><p>Verify you are human to comment.</p></form>",
    ),
    "with an invitation at its end": _story(
        "Alder keeps its ferry",
        *_FERRY,
        "Sign up for our newsletter to get the best of Alder in your inbox every morning.",
    ),
    "no menus": bare("Alder keeps its ferry", _paragraphs(*_FERRY)),
    "no markup but breaks": bare("Alder keeps its ferry", "<br><br>".join(_FERRY)),
    "a fragment": _paragraphs(*_FERRY),
    "about consent": _story(
        "Regulator fines shop for its cookie banner",
        "A shop that set cookies before its visitors agreed to them must pay 80,000 euros, the data "
        "protection office said on Monday.",
        'Visitors could not refuse tracking: the only button said "Accept all". The company said '
        "that it had changed its website and would not appeal.",
    ),
    "about captchas": _story(
        "Machines solve captchas faster than people",
        "Programs are now better than people at proving that they are human, a study of the college "
        "in Alder found.",
        "Robots solved 96 percent of the puzzles, in which users tick a box or click on pictures of "
        "traffic lights. People managed 84 percent and took twice as long.",
    ),
    "about a hacked site": _story(
        "Hackers replace council's website",
        "Visitors of the council's website were asked for their password and credit card on Sunday.",
        'The page said "Your session has expired, please log in again". Some 40 people did, and the '
        "police asked them to change their passwords at once.",
    ),
    "about a paywall": _story(
        "Daily raises the price of its subscription",
        "Subscribers of the Alder Daily will pay $14 a month from January instead of $9, the paper "
        "told them in an email on Friday.",
        "They can cancel at any time, the paper said. It has 20,000 subscribers and gives everyone "
        "three free articles a month.",
    ),
    "about an outage": _story(
        "Error locks customers out of bank",
        "Customers of the bank saw an error when they tried to log in to their accounts on Monday.",
        'The server sent "Page not found" for six hours. Nobody lost money, the bank said, and it '
        "apologised for the inconvenience.",
    ),
    "instructions": _story(
        "How to turn on JavaScript",
        "Many websites need JavaScript. If a page stays empty, your browser may have it switched off.",
        "In Chrome, open the menu, click Settings, then Privacy and security, then Site settings. "
        "Choose JavaScript and select the upper option.",
        "In Firefox, type about:config into the address bar, accept the warning, and search for "
        "javascript.enabled. A double click sets it to true. Reload the page to see whether it works.",
    ),
    "advice to readers": _story(
        "What to do when your flight is cancelled",
        "You can choose between a refund and another flight. Ask for it in writing, and keep your "
        "receipts for meals and hotels.",
        "If the airline refuses, write to the regulator. You have three years to do so.",
    ),
    "call for help": _story(
        "Police ask for help in search for boy",
        "Police are looking for Tim Moss, 9, who did not come home from school on Thursday.",
        "If you have seen him, please call 555-0117 at once or send a message on the website of the "
        "police. He wears a yellow coat and has red hair.",
    ),
    "registration opens": _story(
        "Marathon opens registration",
        "Runners can register for the spring marathon on its website from Saturday at 8 a.m.",
        "There are 3,000 places. You need an account with your email address, and the fee of $60 is "
        "due at once. Last year all places were gone within four hours.",
    ),
    "museum closed": _story(
        "Museum is closed for repairs",
        "The museum of the harbour is closed until May because its roof leaks. Its website will show "
        "when it opens again.",
        "Tickets that were bought online can be returned, and members need not renew this year.",
    ),
    "letter to readers": _story(
        "Why we ask you to pay for our journalism",
        "When my grandfather founded this paper in 1931, he sold it from a cart on the quay. Today "
        "three in four of you read us on your phones, and a single company takes half of what "
        "advertisers spend in our county.",
        "That is why we will ask regular readers to subscribe from March. We did not take this step "
        "lightly: we talked with 400 of you at our town halls, and we watched what became of the "
        "Birchfield Echo, which closed in June with nineteen people in its newsroom.",
        "Reports on schools, floods and public notices will stay free. So will everything for those "
        "who cannot pay: write to us, and we will find a way.",
    ),
    "roundup with links": page(
        "Five things to know this morning",
        "<article><h1>Five things to know this morning</h1><p>Good morning. This is what happened "
        "while you were asleep.</p>"
        + "".join(
            f"<h2><a href='/news/{n}'>{title}</a></h2><p>{text} The mayor, who had warned of it for "
            f"years, said on Monday that nobody should be surprised, and that the county would have "
            f"to find the money in next year's budget, as it did in {2001 + n}. Neighbours were less "
            f"calm, and some have asked a lawyer.</p>"
            for n, (title, text) in enumerate(_TEASERS[:5])
        )
        + "</article>",
    ),
    "list of products": page(
        "The best lamps",
        "<article><h1>The best lamps</h1><p>We tried 31 lamps for six weeks. These are the ones that "
        "we would buy again.</p>"
        + "".join(
            f"<h2><a href='https://shop.example/{n}'>Lamp {name}</a></h2><p>{text}</p>"
            for n, (name, text) in enumerate(
                [
                    (
                        "Alma",
                        "It gives the warmest light of all and hardly any shadow on the page.",
                    ),
                    ("Birk", "The arm stays where it is put, even after a thousand turns."),
                    ("Cleo", "The cheapest, and the only one that can be mended at home."),
                    ("Dorn", "Too bright for a bedroom, but painters will like its clear white."),
                ]
            )
        )
        + "</article>",
    ),
    "live blog": page(
        "Election night, as it happened",
        "<article><h1>Election night, as it happened</h1>"
        + "".join(
            f"<section><time>{20 + n}:15</time><h3>{title}</h3><p>{text} Officials said that the "
            "count went on.</p></section>"
            for n, (title, text) in enumerate(_TEASERS[:4])
        )
        + "</article>",
    ),
    "interview in the second person": _story(
        "“You are never ready”: a midwife on her first year",
        "You have delivered 61 children. Do you remember all of them? I remember the first and the "
        "last, and the twins who could not wait for the ambulance.",
        "What would you tell your younger self? Sleep. And buy better shoes.",
    ),
    "a notice of death": _story(
        "Ada Wren, 1931-2026",
        "Ada Wren, who taught three generations of Alder to swim, died on Sunday at home. She was 95.",
    ),
    "a form about a form": _story(
        "Tax office starts online accounts",
        "Taxpayers can create an account on the website of the tax office from Monday, and need no "
        "longer send their forms by post.",
        "To register, they enter the number of their identity card and a password, and confirm a link "
        "that is sent to their email address.",
    ),
    "german": page(
        "Fähre bleibt",
        "<article><h1>Fähre bleibt</h1><p>Die Einwohner von Alder haben am Dienstag für die Fähre "
        "nach Grauinsel gestimmt. Der Gemeinderat wollte die Verbindung im Mai einstellen.</p>"
        "<p>61 Prozent stimmten dagegen, wie Wahlleiter Hugo Lind mitteilte.</p></article>",
        lang="de",
    ),
}
"""Pages that hold an article, by what makes them look as if they did not."""
