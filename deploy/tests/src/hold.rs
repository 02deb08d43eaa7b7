//! nginx with the file of `deploy/hold`.

use crate::process::{Folder, Process, free_address};
use crate::wait::wait_until;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

/// A running hold.
#[derive(Debug)]
pub struct Hold {
    address: SocketAddr,
    _process: Process,
    _folder: Folder,
}

impl Hold {
    /// A hold in front of `upstream` that asks for one second of patience; `None` where there is no nginx.
    #[must_use]
    pub fn start(upstream: &str, ca_bundle: &str) -> Option<Self> {
        let nginx = crate::binaries::nginx()?;
        let (folder, address) = (Folder::new("hold"), free_address());
        let template = crate::binaries::repository().join("deploy/hold/newrelic-hold.conf.template");
        let mut server = std::fs::read_to_string(template).unwrap();
        for (name, value) in [
            ("HOLD_LISTEN", address.to_string().as_str()),
            ("HOLD_UPSTREAM", upstream),
            ("HOLD_RESOLVER", "127.0.0.1"),
            ("HOLD_CA_BUNDLE", ca_bundle),
            ("HOLD_RETRY_AFTER", "1"),
        ] {
            server = server.replace(&format!("${{{name}}}"), value);
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.path().display()))
            .concat();
        let main = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;\n\
             events {{ worker_connections 64; }}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n",
            folder.path().display()
        );
        // Started by root, its workers would be another user, who cannot use the folder.
        let user = if is_root() { "user root;\n" } else { "" };
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, format!("{user}{main}")).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-p").arg(folder.path()).arg("-e").arg("stderr").arg("-c").arg(&config);
        let process = Process::start(&mut command, folder.path().join("log"));
        wait_until("the hold", || TcpStream::connect(address).is_ok());
        Some(Self { address, _process: process, _folder: folder })
    }

    /// Its base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
