//! nginx with the files of `deploy/hold` and `deploy/kafka`.

use crate::process::{Folder, Process, free_address};
use crate::wait::wait_until;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    address: SocketAddr,
    _process: Process,
    _folder: Folder,
}

impl Nginx {
    /// The hold in front of `upstream`, asking for one second of patience; `None` where there is no nginx.
    #[must_use]
    pub fn hold(upstream: &str, ca_bundle: &str) -> Option<Self> {
        let settings = [
            ("HOLD_UPSTREAM", upstream),
            ("HOLD_RESOLVER", "127.0.0.1"),
            ("HOLD_CA_BUNDLE", ca_bundle),
            ("HOLD_RETRY_AFTER", "1"),
        ];
        Self::start("deploy/hold/newrelic-hold.conf.template", "HOLD_LISTEN", &settings)
    }

    /// The balancer of the scale-out recipe.
    #[must_use]
    pub fn balancer(edges: [SocketAddr; 2]) -> Option<Self> {
        let [a, b] = edges.map(|edge| edge.to_string());
        let settings = [("EDGE_A", a.as_str()), ("EDGE_B", b.as_str())];
        Self::start("deploy/kafka/balancer.conf.template", "BALANCER_LISTEN", &settings)
    }

    /// nginx with a template of the repository, filled in.
    #[must_use]
    pub fn start(template: &str, listen: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let nginx = crate::binaries::nginx()?;
        let (folder, address) = (Folder::new("nginx"), free_address());
        let template = crate::binaries::repository().join(template);
        let mut server = std::fs::read_to_string(template).unwrap();
        server = server.replace(&format!("${{{listen}}}"), &address.to_string());
        for (name, value) in settings {
            server = server.replace(&format!("${{{name}}}"), value);
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.path().display()))
            .concat();
        let main = format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;\n\
             events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n",
            folder.path().display()
        );
        // Started by root, its workers would be another user, who cannot use the folder.
        let user = if is_root() { "user root;\n" } else { "" };
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, format!("{user}{main}")).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-p").arg(folder.path()).arg("-e").arg("stderr").arg("-c").arg(&config);
        let process = Process::start(&mut command, folder.path().join("log"));
        wait_until("nginx", || TcpStream::connect(address).is_ok());
        Some(Self { address, _process: process, _folder: folder })
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
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
