//! A collector without a usable key would start and deliver nothing, so both examples refuse it first.

use std::process::Command;

use deploy_tests::binaries::repository;

fn both_refuse(key: Option<&str>) -> [bool; 2] {
    let manifest = std::fs::read_to_string(repository().join("deploy/kubernetes/collector.yaml")).unwrap();
    let (_, init) = manifest.split_once("name: refuse-a-bad-key").expect("the init container");
    let script: Vec<_> = init
        .lines()
        .skip_while(|line| line.trim() != "- |")
        .skip(1)
        .take_while(|line| line.starts_with("              "))
        .collect();
    assert!(script.len() > 3, "{script:?}");
    let unit = repository().join("deploy/systemd/check-license-key.sh");
    let mut commands = [Command::new("sh"), Command::new(unit)];
    commands[0].arg("-c").arg(script.join("\n"));
    commands.map(|mut command| {
        command.env_remove("NEW_RELIC_LICENSE_KEY");
        if let Some(key) = key {
            command.env("NEW_RELIC_LICENSE_KEY", key);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(key.is_none_or(|key| key.is_empty() || !said.contains(key.trim())), "the key is printed");
        !output.status.success()
    })
}

#[test]
fn a_key_that_could_not_deliver_is_refused_and_never_printed() {
    assert_eq!(both_refuse(Some("eu01xx0123456789abcdef0123456789abcdNRAL")), [false; 2]);
    for bad in [None, Some(""), Some("0123456789abcdefNRAL\n"), Some("0123456789abcdef NRAL")] {
        assert_eq!(both_refuse(bad), [true; 2], "{bad:?}");
    }
}
