//! The names by which programs make themselves known, and how strong each is as a sign.
//!
//! Names and words, lower case; a user agent is compared without regard to letter case. A word that stands for a whole
//! trade (`crawl`, `uptime`) is worth a hundred names, so the lists of names hold only those that no word covers.

/// What a name is a sign of. Where a string holds several, the first in this order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A crawler whose name holds the name of an agent.
    Crawler,
    Claude,
    Mcp,
    /// A program that acts for somebody: an agent, or an automation that somebody set up.
    Agent,
    /// A visitor who acts for nobody.
    Monitor,
    /// A person's app that shows pages, whatever words its name holds.
    App,
    /// A word that robots say, and names of apps that also send a robot for the preview of a link. On a telephone it
    /// is the app.
    Trade,
    Curl,
    Library,
    /// A contact address, which people's browsers do not send.
    Contact,
    /// A browser that says a word that robots say: an old one, or that of a reader or a television.
    Browser,
    /// A robot's way to call itself a browser.
    Guise,
    /// Part of an e-mail address, or what an app puts before a channel's name.
    At,
    /// A system or an engine. A string that begins as a browser's and names none is a robot's.
    Platform,
}

impl Kind {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The kinds that were found in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) fn add(&mut self, kind: Kind) {
        self.0 |= kind.bit();
    }

    pub(super) fn remove(&mut self, kind: Kind) {
        self.0 &= !kind.bit();
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    pub(super) fn strongest(self) -> Option<Kind> {
        KINDS.into_iter().find(|kind| self.has(*kind))
    }
}

const KINDS: [Kind; 14] = [
    Kind::Crawler,
    Kind::Claude,
    Kind::Mcp,
    Kind::Agent,
    Kind::Monitor,
    Kind::App,
    Kind::Trade,
    Kind::Curl,
    Kind::Library,
    Kind::Contact,
    Kind::Browser,
    Kind::Guise,
    Kind::At,
    Kind::Platform,
];

/// Where a name must stand to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Anywhere,
    /// At the beginning, and not as part of a longer word.
    Start,
    /// The whole string.
    Whole,
    /// With no letter on either side.
    Word,
    /// With no letter behind it.
    End,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) text: &'static str,
    pub(super) kind: Kind,
    edge: Edge,
}

impl Name {
    /// Whether the occurrence `text[start..end]` counts.
    pub(super) fn stands(self, text: &[u8], start: usize, end: usize) -> bool {
        let letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphabetic);
        let before = || letter(start.checked_sub(1));
        let behind = || letter(Some(end));
        match self.edge {
            Edge::Anywhere => true,
            Edge::Start => start == 0 && !behind(),
            Edge::Whole => start == 0 && end == text.len(),
            Edge::Word => !before() && !behind(),
            // Cubot makes telephones.
            Edge::End => !behind() && !text[..start].to_ascii_lowercase().ends_with(b"cu"),
        }
    }

    /// Whether it may be a word of a telephone's name. `Googlebot` never is; `BOT 550` is.
    pub(super) fn may_be_a_model(self, text: &[u8], start: usize) -> bool {
        let glued = start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphabetic);
        self.kind != Kind::Platform && !(self.edge == Edge::End && glued)
    }
}

/// Every name, in the order of the lists below.
pub(super) fn all() -> impl Iterator<Item = Name> {
    LISTS
        .iter()
        .flat_map(|(kind, edge, texts)| texts.iter().map(|text| Name { text, kind: *kind, edge: *edge }))
}

type List = (Kind, Edge, &'static [&'static str]);

#[rustfmt::skip] // one word a line would be seven screens
const LISTS: &[List] = &[
    (Kind::Crawler, Edge::Anywhere, &[
        "anthropic-ai", "claude-searchbot", "claude-web", "claudebot", "gptbot", "oai-searchbot", "perplexitybot",
    ]),
    (Kind::Claude, Edge::Word, &["claude"]),
    (Kind::Mcp, Edge::Word, &["mcp", "modelcontextprotocol"]),
    // Agents.
    (Kind::Agent, Edge::Anywhere, &[
        "agentcore", "amazonbuyforme", "amzn-user", "anchor browser", "browser-use", "chatgpt agent", "chatgpt-user",
        "cohere-user", "copilotchat", "duckassistbot", "gemini-cli", "gemini-deep-research", "githubcopilot",
        "google-agent", "googleagent", "kagi-assistant", "langchain", "llamaindex", "manus-user", "mistralai-user",
        "notebooklm", "opencode", "openhands", "perplexity-user", "perplexityuser", "twinagent",
    ]),
    (Kind::Agent, Edge::Word, &["aider", "cline", "codex", "copilot", "cursor", "devin", "goose", "windsurf"]),
    // Automation, billing and mail services that call because somebody set them up.
    (Kind::Agent, Edge::Word, &[
        "asana", "azure-logic-apps", "bitbucket-webhooks", "easybill-importmanager", "github-hookshot", "gitlab", "gopay",
        "ifttt",
        "integromat", "jumio", "klaviyo", "make/production", "metorik", "mollie", "n8n", "omnisend", "pipedream",
        "salesforce.com", "sendgrid", "sfdc-callout", "shopify-captain-hook", "snipcart", "sparkpost",
        "sparkshipping", "stape", "stripe", "trustly", "twilioproxy", "workato", "zapier", "zendesk",
    ]),
    (Kind::Monitor, Edge::End, &["bot", "bots", "bot_version"]),
    // Words that only robots say.
    (Kind::Monitor, Edge::Anywhere, &[
        "checker", "checklink", "crawl", "favicon", "fetcher", "healthcheck", "health check", "imageproxy", "indexer",
        "linkcheck", "link check", "linkchkr", "link sleuth", "linkfinder", "monitor", "optimizer-agent", "prefetch",
        "prober", "retriever", "scraper", "screenshot", "sitecheck", "site check", "slurp", "spider", "synthetic",
        "uptime", "urlcheck", "validator", "webcopier", "webcopy", "webshot",
    ]),
    // Code where a name should be: a template that nobody filled in, or an attack.
    (Kind::Monitor, Edge::Anywhere, &["${", "<?", "<script", "{{", "}}", "geckoversion", "wp_is_mobile"]),
    // The name of a browser or a device, and nothing that a browser or a device would add.
    (Kind::Monitor, Edge::Whole, &[
        "android", "chrome", "desktop", "edge", "firefox", "google", "googlesites", "iphone", "mobile", "mozilla", "opera",
        "safari", "test", "url",
    ]),
    // Browsers that nobody looks at.
    (Kind::Monitor, Edge::Anywhere, &[
        "(unknown; linux x86_64", "browserstack", "cypress", "functionize", "ghost inspector", "headless", "htmlunit", "jsdom/",
        "phantomjs", "playwright", "puppeteer", "selenium", "slimerjs", "splash version", "testlocally", "webdriver",
    ]),
    // Monitors.
    (Kind::Monitor, Edge::Anywhere, &[
        "adminlabs", "alertsite", "appdynamics", "appinsights", "blackbox", "bling erp", "catchpoint", "check_http",
        "checkly", "cloudflare-", "cloudflarediagnostics", "cloudflareobservatory", "convertify", "cron-job",
        "dareboost", "datadog", "dmbrowser", "dotcom-", "dynatrace", "easycron", "elb-health", "emoney advisor",
        "exchange check", "fastprobe", "googlehc", "gtmetrix", "hydrozen", "icinga", "iplabel", "kube-probe",
        "lighthouse", "linktiger", "monspark", "montastic", "mxtoolbox", "nagios", "netvigie", "newrelic", "nodeping",
        "onetrust", "page speed", "pagespeed", "panopta", "pingdom", "pingping", "ptst/", "route53", "sentry/",
        "silktide", "sindup", "site24x7", "siteimprove", "sitelock", "statuscake", "taginspector", "termly",
        "thousandeyes", "updown.io", "uptrends", "vaultpress", "w3c-mobileok", "w3c_unicorn", "wheresitup",
        "wpumbrella", "ylt chrome", "zabbix",
        "bbtest-net", "csscheck", "dejaclick", "gomezagent", "hexometer", "http_loadtime", "keycdn-tools",
        "neustar wpm", "report runner", "xymon", "yunjiankong",
    ]),
    (Kind::Monitor, Edge::Word, &[
        "adreview/", "cortex/", "hakai/", "itms", "kowai/", "kvshclient", "letrixlabs", "matomo/", "octopus ", "reqbin", "zeno",
        "collectd", "consul", "daum ", "downcast/", "monit/", "nibbler", "ptst ", "reeder/", "scooter/",
        "trackable/", "dcv", "determ", "dummy connection", "gomez", "grafana/", "keynote", "munin/",
        "prometheus/", "rigor", "spectate",
    ]),
    // Feed readers and downloaders, which fetch on a schedule.
    (Kind::Monitor, Edge::Anywhere, &[
        "akregator", "apple-pubsub", "liferea", "librss", "nextcloud-news", "quiterss", "readkit/",
        "rss junkie", "rssowl",
    ]),
    // Scanners.
    (Kind::Monitor, Edge::Anywhere, &[
        "b3astmode", "clamav", "ds9 ", "gbrmss/", "greedyhand/", "hells-net", "insomania/", "placeholder-filter",
        "simbiat software", "spark commit:", "xfa1",
        "fuzz faster u fool", "john recon", "libredtail", "masjesu", "nvd0rz", "nvdorz",
        "phpmyadmin", "rootevidence", "secweb-", "xtate/",
        "barracuda sentinel", "lolisec",
        "abuse.xmco", "acunetix", "apachebench", "arachni", "asnriskscorer", "assetnote", "blackduck", "burp",
        "censys", "cert pl", "certificate info", "contentscan", "cookiehubscan", "cybaaagent", "detectify",
        "digicert", "emailwolf", "expanse", "fastdast", "foregenix", "gobuster", "hardenize", "internet-measurement",
        "internetmeasurement", "iubenda", "jndi:", "keydrop", "l9explore", "l9tcpid", "leakix", "legalmonster",
        "letsencrypt", "let's encrypt", "masscan", "nessus", "netcraft", "networkmeasurement", "nikto", "nmap",
        "openvas", "qualys", "securityheaders", "shodan", "sqlmap", "ssl labs", "ssllabs", "twinwave", "visitor scan",
        "watchtowr", "whatcms", "whatweb", "wpscan", "zgrab", "zmeu",
    ]),
    // Previews and readers.
    (Kind::Monitor, Edge::Anywhere, &[
        "bazqux", "bingpreview", "blogtrottr", "browsershots", "collapsify", "disqus", "embedly", "externalhit",
        "facebookcatalog", "facebookexternal", "fastmailua", "fedoraplanet", "flipboardproxy", "flipboardrss",
        "freshrss", "github-camo", "imgproxy", "infeed", "instapaper/1.0", "linkexpander", "metauri", "miniature.io",
        "miniflux", "newsai", "newsblur", "newsnow", "nuzzel", "onebox", "openrss", "pdf24", "printfriendly",
        "slack-img", "steamchaturl", "theoldreader", "tiny tiny rss", "twurly", "uripreview", "vkshare",
        "web preview",
    ]),
    (Kind::Monitor, Edge::Word, &["ning/"]),
    // Search, training, advertising and market research.
    (Kind::Monitor, Edge::Anywhere, &[
        "adbeat", "ads.txt", "ahrefs", "apis-google", "appengine-google", "bigsur.ai", "blackboard safeassign",
        "blekko", "brandwatch", "bubing", "bytespider", "capitaloneshopping", "cohere-ai", "corporama", "criticalcss",
        "daumoa", "datanyze", "diffbot", "duplexweb", "funnelback", "geedo", "gigablast", "googleassociation",
        "googleother", "google-", "google trust", "heritrix", "hotjar", "httrack", "ichiro", "imagemind", "ips-agent",
        "karnoprospecting", "knowledge ai", "laion", "larbin", "library of congress", "linkdex", "majestic",
        "marketgoo", "mediapartners", "meta-externalads", "meta-externalagent", "moz.com", "newsgathering",
        "novellum", "nutch", "outbrain", "owler", "panscient", "pixalate", "playstore-google", "postrank", "proximic",
        "pwabuilder", "qwantify", "scope3", "semrush", "spawning-ai", "teoma", "thinklab", "traackr", "transcoder",
        "tsm-turingos", "wayback", "webmoney advisor", "yacy", "yahoocachesystem",
        "amazon-kendra", "bdfetch", "bidtellect", "biglotron", "blackboardally", "botpoke", "castopod",
        "fwdcdn.com", "kiwitcms", "linkchain", "mixnode", "perimeterx", "prittorrent", "robozilla",
        "sprinklr", "sqalix", "swcd (", "webcollage", "webpurify", "wordup-",
        "wordupindexinfo", "xaxissemanticsclassifier",
    ]),
    // Browsers inside apps, where an app's other words would speak against it.
    (Kind::App, Edge::Anywhere, &[
        "[pinterest/", "camscanner", "electron/", "fb_iab", "fban/", "fbav/", "kakaotalk", "metaiab",
        "gecko) flipboard/", "micromessenger", "miuibrowser", "naver(", "pinterest for ", "quicksearchbox/",
        "safari/537.36 viber", "searchlite/", "sogoumobilebrowser", "sogoumse", "yaapp_", "yandexsearch/", "yasearch",
    ]),
    (Kind::App, Edge::Word, &["job search", "ecosia", "flipboard-briefing", "instagram", "trae/", "vscode/", "whale/"]),
    (Kind::App, Edge::Anywhere, &[" code/1."]),
    // Words of a trade.
    (Kind::Trade, Edge::Anywhere, &[
        "analyzer", "archive", "archiving", "audit", "census", "collector", "detector", "discovery", "domain", "extractor",
        "exractor", "feed", "generator", "imagecache", "lookup", "metadata", "optimize", "parser", "preview", "-rss", "rss-", "/scan", "scanner", "scanning", "search", "seo",
        "snapshot", "speedtest", "-speed", "sucker", "survey", "thumb", "tools/speed", "validation", "verification",
        "verify", "vyhledavac", "watcher", "webmon",
    ]),
    // What a program is called by somebody who has not given it a name.
    (Kind::Trade, Edge::Anywhere, &[
        "hello world", "hello, world", "nameofagent", "user agent", "user-agent", "user_agent", "useragent",
    ]),
    // Apps whose servers also fetch.
    (Kind::Trade, Edge::Anywhere, &[
        "bluesky", "flipboard", "hatena", "inoreader", "instapaper", "netnewswire", "pinterest", "telegram", "tumblr",
        "viber", "whatsapp", "wordpress",
    ]),
    (Kind::Curl, Edge::Start, &["aria2", "curl", "httpie", "hurl", "wget", "xh"]),
    (Kind::Library, Edge::Start, &[
        "ahc", "aiohttp", "akka-http", "alamofire", "alittle client", "ansible", "apache-httpclient",
        "async-http-client", "asynchttpclient", "aws-sdk", "axios", "boto", "botocore", "btwebclient", "bun", "cargo",
        "cfnetwork", "clj-http", "colly", "customasynchttpclient", "dalvik", "dart", "deno", "docker",
        "download ninja", "elixir", "faraday", "finch", "git", "go-http-client", "got", "grpc", "guzzlehttp",
        "hackney", "http-kit", "http4s", "http_get", "http_request", "httpclient", "httpunit", "httpx", "hyper",
        "insomnia", "jakarta", "java", "jersey", "jetty", "ktor-client", "kubectl", "ky", "lua-resty", "lwp",
        "lwp-trivial", "mechanize", "needle", "newspaper", "node", "node-fetch", "npm", "okhttp", "pcore-http",
        "pecl", "perl", "php", "php-curl-class", "phpcrawl", "pip", "poe-component", "postmanruntime", "powershell",
        "pycurl", "python", "reqwest", "request", "rest-client", "restsharp", "ruby", "scrapy", "sttp", "superagent",
        "swift", "symfony", "terraform", "trafilatura", "typhoeus", "undici", "unirest", "ureq", "urlgrabber",
        "webclient", "winhttp", "zend",
    ]),
    (Kind::Library, Edge::Anywhere, &["amazon cloudfront", "anyevent-http", "httpurlconnection", "libwww-perl"]),
    (Kind::Contact, Edge::Anywhere, &["(at)", "+http", ".com/", "http://", "https://", "www."]),
    (Kind::Browser, Edge::Anywhere, &[
        "abrowse", "antfresco", "appletv", "ibrowse", "icab ", "infinet 0.1", "jig browser", "kindle/", "konqueror",
        "midp-", "msie ", "mspie", "netpositive", "obigo", "offbyone", "oregano", "origyn", "palmos", "polaris", "roku;",
        "teleca", "trident/", "webpositive",
    ]),
    (Kind::Guise, Edge::Anywhere, &["(compatible;", "; compatible;", "compatible)"]),
    (Kind::At, Edge::Anywhere, &["@"]),
    (Kind::Platform, Edge::Anywhere, &[
        "android", "applewebkit", "beos", "blackberry", "firefox/", "freebsd", "gecko", "goanna", "harmony", "ipad",
        "iphone", "ipod", "khtml", "libweb", "linux", "macintosh", "meego", "netfront", "nintendo", "nokia", "opera",
        "playstation", "presto", "servo/", "symbian", "tizen", "web0s", "webkit", "win95", "win98", "windows", "x11",
    ]),
];
