//! nginx with the files of `deploy/hold` and `deploy/kafka`.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Folder, Process, free_address};
use crate::wait::wait_until;

const TLS: &str = "server { listen ${LISTEN} ssl; ssl_certificate ${CERTIFICATE}; ssl_certificate_key ${KEY}; \
     client_max_body_size 2m; location / { proxy_pass ${UPSTREAM}; } }\n";

/// A certificate that signed itself, so that it is its own bundle.
#[derive(Debug)]
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// One of `name`, in `folder`; `None` where there is no openssl.
    #[must_use]
    pub fn of(name: &str, folder: &Folder) -> Option<Self> {
        let openssl = crate::binaries::openssl()?;
        let path = |kind: &str| folder.path().join(format!("{name}.{kind}"));
        let made = Self { certificate: path("crt"), key: path("key") };
        let output = Command::new(openssl)
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-days", "2", "-subj", &format!("/CN={name}"), "-addext"])
            .arg(format!("subjectAltName=DNS:{name}"))
            .arg("-out")
            .arg(&made.certificate)
            .arg("-keyout")
            .arg(&made.key)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(made)
    }

    /// The file with the certificate.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// The file with its key.
    #[must_use]
    pub fn key(&self) -> &Path {
        &self.key
    }
}

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
        Self::hold_asking(upstream, ca_bundle, SocketAddr::from(([127, 0, 0, 1], 53)))
    }

    /// The hold with a name server of its own.
    #[must_use]
    pub fn hold_asking(upstream: &str, ca_bundle: &str, resolver: SocketAddr) -> Option<Self> {
        let settings = [
            ("HOLD_UPSTREAM", upstream),
            ("HOLD_RESOLVER", &resolver.to_string()),
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

    /// A server with `certificate` that passes everything on to `upstream`, as New Relic's front does.
    #[must_use]
    pub fn tls(certificate: &Certificate, upstream: &str) -> Option<Self> {
        let settings = [
            ("CERTIFICATE", certificate.certificate.to_str().unwrap()),
            ("KEY", certificate.key.to_str().unwrap()),
            ("UPSTREAM", upstream),
        ];
        Self::serve(TLS, "LISTEN", &settings)
    }

    /// nginx with a template of the repository, filled in.
    #[must_use]
    pub fn start(template: &str, listen: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let template = crate::binaries::repository().join(template);
        Self::serve(&std::fs::read_to_string(template).unwrap(), listen, settings)
    }

    fn serve(template: &str, listen: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let nginx = crate::binaries::nginx()?;
        let (folder, address) = (Folder::new("nginx"), free_address());
        let mut server = template.to_owned();
        server = server.replace(&format!("${{{listen}}}"), &address.to_string());
        for (name, value) in settings {
            server = server.replace(&format!("${{{name}}}"), value);
        }
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.path().display()))
            .concat();
        let main = format!(
            // One process: killing a master would leave its workers behind.
            "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\n\
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
