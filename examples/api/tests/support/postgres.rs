//! A PostgreSQL of the test's own: Debian's package, an empty folder, a socket, an unprivileged user.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Folder, skip};

pub(crate) struct Postgres {
    tools: PathBuf,
    user: Option<(u32, u32)>,
    folder: Folder,
}

impl Postgres {
    /// None, and a line that says so, where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(tools) = tools() else {
            skip("PostgreSQL is not installed; `apt-get install postgresql` brings it");
            return None;
        };
        let folder = Folder::new();
        // PostgreSQL refuses to run as root; the package made a user for it.
        let user = (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])));
        if let Some((uid, gid)) = user {
            chown(&folder.0, Some(uid), Some(gid)).unwrap();
        }
        let server = Self { tools, user, folder };
        let data = server.folder.text("data");
        server.run("initdb", &["-D", &data, "-U", "api", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        let options = format!("-k {} -c listen_addresses= -F", server.folder.0.display());
        let log = server.folder.text("log");
        server.run("pg_ctl", &["-D", &data, "-l", &log, "-o", &options, "-w", "start"]);
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://api@localhost/postgres?host={}", self.folder.0.display())
    }

    fn run(&self, tool: &str, arguments: &[&str]) {
        let mut command = Command::new(self.tools.join(tool));
        command.args(arguments).current_dir(&self.folder.0).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        assert!(command.status().unwrap().success(), "{tool} failed");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.text("data");
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
    }
}

/// The newest version's tools, where Debian puts them.
fn tools() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let tools = versions.map_while(Result::ok).map(|version| version.path().join("bin"));
    tools.filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| version(bin))
}

fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}
