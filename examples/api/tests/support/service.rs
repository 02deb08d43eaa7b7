//! The service, as its users run it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::{Folder, eventually};

pub(crate) const BILLING_SECRET: &str = "a-billing-secret-that-two-sides-know";
pub(crate) const SIGNING_SECRET: &str = "a-signing-secret-that-one-side-knows";
pub(crate) const PSEUDONYM_KEY: &str = "7061737320746869732061726f756e6420616e6420776520616c6c206c6f7365";

pub(crate) struct Service {
    child: Child,
    log: Arc<Mutex<String>>,
    pub(crate) url: String,
    pub(crate) folder: Folder,
}

impl Service {
    /// Starts it with SQLite and with these variables over the common ones; ready when this returns.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mails = folder.text("mails");
        std::fs::create_dir(&mails).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_api-example"));
        command
            .env_clear()
            .env("LISTEN", "127.0.0.1:0")
            .env("DATABASE_URL", format!("sqlite://{}?mode=rwc", folder.text("api.db")))
            .env("MAIL_DIR", mails)
            .env("SIGNING_SECRET", SIGNING_SECRET)
            .env("BILLING_WEBHOOK_SECRET", BILLING_SECRET)
            .env("ANALYTICS_PSEUDONYM_KEY", PSEUDONYM_KEY)
            .env("TRUSTED_PROXIES", "127.0.0.0/8")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut log = kept.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let url = eventually("the service says where it listens", || {
            let log = log.lock().unwrap();
            let line = log.lines().find(|line| line.contains("\"serving\""))?;
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(format!("http://{}", line["fields"]["listen"].as_str()?))
        });
        Self { child, log, url, folder }
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text =
            ureq::get(format!("{}/metrics", self.url)).call().unwrap().body_mut().read_to_string().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Stops it as a platform would. What it said last: recorded, delivered, dropped, pending.
    pub(crate) fn stop(&mut self) -> serde_json::Value {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success());
        eventually("the service says what became of its events", || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("\"shut down\""))?;
            Some(serde_json::from_str::<serde_json::Value>(line).ok()?["fields"].clone())
        })
    }

    /// The token in the mail to this address.
    pub(crate) fn token_mailed_to(&self, address: &str) -> String {
        let header = format!("To: {address}\n");
        let mail = std::fs::read_dir(self.folder.0.join("mails")).unwrap().find_map(|entry| {
            let path = entry.unwrap().path();
            let text = path
                .extension()
                .is_some_and(|end| end == "mail")
                .then(|| std::fs::read_to_string(&path).ok())??;
            text.starts_with(&header).then(|| {
                let _ = std::fs::remove_file(&path);
                text
            })
        });
        let mail = mail.unwrap_or_else(|| panic!("no mail to {address}"));
        mail.trim().rsplit_once("#token=").unwrap().1.to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
