//! The names by which programs make themselves known, and how strong each is as a sign.
//!
//! Names and words, lower case; a user agent is compared without regard to letter case. A word that stands for a whole
//! trade (`crawl`, `uptime`) is worth a hundred names, so the lists of names hold only those that no word covers.

/// What a name is a sign of. Where a text holds several, the first in this order decides.
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
    Curl,
    Library,
    /// A contact address, which people's browsers do not send.
    Contact,
    /// A person's program that says a word that robots say.
    App,
    /// A robot's way to call itself a browser.
    Guise,
}

/// Where a name must stand to count.
#[derive(Debug, Clone, Copy)]
enum Edge {
    Anywhere,
    /// At the beginning, and not as part of a longer word.
    Start,
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
            Edge::Word => !before() && !behind(),
            // Cubot makes telephones.
            Edge::End => !behind() && !text[..start].to_ascii_lowercase().ends_with(b"cu"),
        }
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
        "cohere-user", "copilot", "duckassistbot", "gemini-cli", "gemini-deep-research", "google-agent",
        "googleagent", "kagi-assistant", "langchain", "llamaindex", "manus-user", "mistralai-user", "notebooklm",
        "opencode", "openhands", "perplexity-user", "perplexityuser", "twinagent",
    ]),
    (Kind::Agent, Edge::Word, &["aider", "cline", "codex", "cursor", "devin", "goose", "windsurf"]),
    // Automation, billing and mail services that call because somebody set them up.
    (Kind::Agent, Edge::Word, &[
        "asana", "bitbucket-webhooks", "easybill-importmanager", "github-hookshot", "gitlab", "gopay", "ifttt",
        "integromat", "jumio", "klaviyo", "make/production", "metorik", "mollie", "n8n", "omnisend", "pipedream",
        "salesforce.com", "sendgrid", "sfdc-callout", "shopify-captain-hook", "snipcart", "sparkpost",
        "sparkshipping", "stape", "stripe", "trustly", "twilioproxy", "workato", "zapier", "zendesk",
    ]),
    (Kind::Monitor, Edge::End, &["bot", "bots", "bot_version"]),
    // Words of a trade.
    (Kind::Monitor, Edge::Anywhere, &[
        "analyzer", "archive", "archiving", "census", "checker", "checklink", "crawl", "detector", "discovery",
        "favicon", "feed", "fetcher", "generator", "healthcheck", "health check", "imageproxy", "indexer",
        "linkcheck", "link check", "linkchkr", "link sleuth", "linkfinder", "metadata", "monitor", "optimize",
        "parser", "prefetch", "preview", "prober", "retriever", "rss-", "-rss", "/scan", "scanner", "scanning",
        "scraper", "screenshot", "search", "seo", "sitecheck", "site check", "slurp", "snapshot", "speedtest",
        "-speed", "tools/speed", "spider", "sucker", "survey", "synthetic", "thumb", "uptime", "urlcheck",
        "validation", "validator", "verify", "watcher", "webcopy", "webcopier", "webshot",
    ]),
    // Browsers that nobody looks at.
    (Kind::Monitor, Edge::Anywhere, &[
        "browserstack", "cypress", "ghost inspector", "headless", "phantomjs", "playwright", "puppeteer", "selenium",
        "splash version", "testlocally", "webdriver",
    ]),
    // Monitors.
    (Kind::Monitor, Edge::Anywhere, &[
        "adminlabs", "alertsite", "appdynamics", "appinsights", "blackbox", "bling erp", "catchpoint",
        "check_http", "checkly", "cloudflare-", "consul", "cron-job", "dareboost", "datadog", "determ", "dmbrowser",
        "dotcom-", "dynatrace", "easycron", "elb-health", "emoney advisor", "gomez", "googlehc", "gtmetrix",
        "hydrozen", "icinga", "keynote", "kube-probe", "lighthouse", "linktiger", "monspark", "montastic",
        "mxtoolbox", "nagios", "netvigie", "newrelic", "nodeping", "onetrust", "pagespeed", "panopta", "pingdom",
        "pingping", "ptst/", "rigor", "route53", "sentry/", "silktide", "sindup", "site24x7", "siteimprove",
        "sitelock", "spectate", "statuscake", "termly", "thousandeyes", "updown.io", "uptrends", "vaultpress",
        "w3c-mobileok", "w3c_unicorn", "wheresitup", "wpumbrella", "ylt chrome", "zabbix",
    ]),
    // Scanners.
    (Kind::Monitor, Edge::Anywhere, &[
        "abuse.xmco", "acunetix", "asnriskscorer", "blackduck", "burp", "censys", "cert pl", "certificate info",
        "contentscan", "cookiehubscan", "detectify", "digicert", "emailwolf", "expanse", "fastdast", "foregenix",
        "hardenize", "internet-measurement", "internetmeasurement", "iubenda", "keydrop", "l9explore", "l9tcpid",
        "leakix", "legalmonster", "letsencrypt", "let's encrypt", "masscan", "nessus", "netcraft", "nikto", "nmap",
        "openvas", "qualys", "securityheaders", "shodan", "sqlmap", "ssl labs", "ssllabs", "twinwave",
        "visitor scan", "watchtowr", "whatweb", "wpscan", "zgrab", "zmeu",
    ]),
    // Previews and readers.
    (Kind::Monitor, Edge::Anywhere, &[
        "bazqux", "blogtrottr", "bluesky", "collapsify", "disqus", "embedly", "facebookcatalog", "facebookexternal",
        "fastmailua", "fedoraplanet", "flipboard", "freshrss", "github-camo", "hatena", "imgproxy", "inoreader",
        "instapaper", "metaiab facebook", "metauri", "miniature.io", "miniflux", "netnewswire", "newsai", "newsblur",
        "newsnow", "ning/", "nuzzel", "onebox", "openrss", "pdf24", "pinterest", "printfriendly",
        "slack-img", "steamchaturl", "telegram", "theoldreader", "tiny tiny rss", "tumblr", "twurly", "viber",
        "vkshare", "whatsapp",
    ]),
    // Search, training, advertising and market research.
    (Kind::Monitor, Edge::Anywhere, &[
        "adbeat", "ads.txt", "ahrefs", "ai2", "apis-google", "appengine-google", "bigsur.ai", "blackboard",
        "blekko", "brandwatch", "bubing", "bytespider", "capitaloneshopping", "coccoc", "cohere-ai", "corporama",
        "criticalcss", "daumoa", "datanyze", "diffbot", "domain", "funnelback", "geedo", "gigablast",
        "googleassociation", "googleother", "google-", "google trust", "heritrix", "hotjar", "httrack", "ichiro",
        "imagemind", "ips-agent", "knowledge ai", "laion", "larbin", "library of congress", "linkdex", "majestic",
        "marketgoo", "mediapartners", "meta-externalads", "meta-externalagent", "moz.com", "newsgathering",
        "novellum", "nutch", "outbrain", "owler", "panscient", "pixalate", "playstore-google", "postrank",
        "proximic", "pwabuilder", "qwantify", "scope3", "semrush", "sogou", "spawning-ai", "teoma", "thinklab",
        "traackr", "tsm-turingos", "wayback", "wordpress", "yacy", "yahoocachesystem",
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
        "pycurl", "python", "reqwest", "request", "rest-client", "restsharp", "ruby", "scrapy", "sttp",
        "superagent", "swift", "symfony", "terraform", "trafilatura", "typhoeus", "undici", "unirest", "ureq",
        "urlgrabber", "webclient", "winhttp", "zend",
    ]),
    (Kind::Library, Edge::Anywhere, &["amazon cloudfront", "anyevent-http", "httpurlconnection", "libwww-perl"]),
    (Kind::Contact, Edge::Anywhere, &["(at)", "+http", ".com/", "http://", "https://", "www."]),
    (Kind::App, Edge::Anywhere, &[" code/1.", "ecosia", "konqueror", "msie ", "trae/", "trident/", "vscode/"]),
    (Kind::Guise, Edge::Anywhere, &["(compatible;", "; compatible;", "compatible)", "@"]),
];
