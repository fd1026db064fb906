use base64::{Engine, prelude::BASE64_STANDARD};

use super::*;

fn keyring(lines: &[(u32, u8)]) -> Keyring {
    let text: String = lines
        .iter()
        .map(|(id, fill)| format!("{id:08x} {}\n", BASE64_STANDARD.encode([*fill; 32])))
        .collect();
    let keys = Keys::of(file::parse(&text).unwrap()).unwrap();
    Keyring { file: PathBuf::from("none"), keys: RwLock::new(Arc::new(keys)), reloaded: Mutex::default() }
}

#[test]
fn a_sealed_value_opens_in_its_own_place_only() {
    let keyring = keyring(&[(1, 7)]);
    let sealed = keyring.seal("applications/1/form", b"E12345678").unwrap();
    assert_eq!(keyring.open("applications/1/form", &sealed).unwrap(), b"E12345678");
    assert!(keyring.open("applications/2/form", &sealed).is_err());
    assert!(!sealed.windows(9).any(|w| w == b"E12345678"));
}

#[test]
fn after_a_rotation_old_values_open_and_old_hashes_are_found() {
    let before = keyring(&[(1, 7)]);
    let after = keyring(&[(2, 9), (1, 7)]);
    let sealed = before.seal("p", b"x").unwrap();
    assert_eq!(after.open("p", &sealed).unwrap(), b"x");
    assert!(before.open("p", &after.seal("p", b"x").unwrap()).is_err());
    assert_ne!(before.lookup_hash("CN E1"), after.lookup_hash("CN E1"));
    let candidates = after.lookup_hashes("CN E1");
    assert!(
        candidates.contains(&before.lookup_hash("CN E1")) && candidates.contains(&after.lookup_hash("CN E1"))
    );
    assert!(
        candidates.contains(&before.lookup_hash("CN E1")[4..].to_vec()),
        "from before there were versions"
    );
}

#[test]
fn a_missing_master_key_is_named() {
    let sealed = keyring(&[(2, 9)]).seal("p", b"x").unwrap();
    let error = keyring(&[(1, 7)]).open("p", &sealed).unwrap_err().to_string();
    assert!(error.contains("00000002"), "{error}");
}

#[test]
fn a_key_with_the_right_id_and_other_bytes_is_refused() {
    let version = |keyring: &Keyring| Version {
        number: 1,
        key: keyring.current(),
        activated_at: Timestamp::UNIX_EPOCH,
        check: Some(keyring.check_of(keyring.current()).unwrap()),
    };
    let (ours, other) = (keyring(&[(1, 7)]), keyring(&[(1, 9)]));
    ours.use_versions(vec![version(&ours)]).unwrap();
    let refused = other.use_versions(vec![version(&ours)]).unwrap_err();
    assert!(matches!(refused, KeyError::OtherKey { .. }), "{refused}");
    assert!(refused.to_string().contains("00000001"), "{refused}");
}

#[test]
fn a_line_keeps_its_hash_after_a_rotation_and_a_missing_key_is_named() {
    let (before, after) = (keyring(&[(1, 7)]), keyring(&[(2, 9), (1, 7)]));
    let key = before.history_key();
    let hash = before.history_hash(&key, b"line").unwrap();
    assert_eq!(after.history_hash(&key, b"line").unwrap(), hash);
    assert_ne!(after.history_hash(&after.history_key(), b"line").unwrap(), hash);
    let error = before.history_hash(&after.history_key(), b"line").unwrap_err().to_string();
    assert!(error.contains("00000002"), "{error}");
    assert!(before.history_hash("none", b"line").is_err());
}

#[test]
fn a_damaged_file_is_refused_with_the_line() {
    assert!(file::parse("nonsense").err().unwrap().contains("line 1"));
    assert!(file::parse("").is_err());
}
