//! Files of master keys, as they are made, read and refused.

use std::{os::unix::fs::PermissionsExt, sync::Barrier, thread};

use kernel::{ProductError, SeededChance, SystemChance, WorkspaceId};

use super::*;

fn line(byte: u8) -> String {
    format!("{PREFIX}{}\n", STANDARD.encode([byte; 32]))
}

#[test]
fn a_first_start_makes_the_file_for_its_owner_alone_and_a_second_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let (made, origin) = MasterKeys::load_or_create(&path, &SystemChance).unwrap();
    assert_eq!(origin, Origin::Created);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap().len(), PREFIX.len() + 44 + 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is taken away");

    let (read, origin) = MasterKeys::load_or_create(&path, &SystemChance).unwrap();
    assert_eq!((read.current(), origin), (made.current(), Origin::Loaded));
}

#[test]
fn of_many_first_starts_at_once_one_makes_the_key_and_all_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    let barrier = Barrier::new(8);
    let start = || {
        barrier.wait();
        MasterKeys::load_or_create(&path, &SystemChance).map(|(keys, origin)| (keys.current(), origin)).unwrap()
    };
    let started: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(started.iter().filter(|(_, origin)| *origin == Origin::Created).count(), 1);
    assert!(started.iter().all(|(tag, _)| *tag == started[0].0));
}

#[test]
fn a_missing_folder_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mistyped/master.key");
    let error = MasterKeys::load_or_create(&path, &SystemChance).unwrap_err();
    assert_eq!(error.code(), "crypto.master_key_not_written");
}

#[test]
fn a_file_that_others_may_read_is_refused_with_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    fs::write(&path, line(1)).unwrap();
    for mode in [0o644, 0o604, 0o660, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = MasterKeys::load_or_create(&path, &SystemChance).unwrap_err();
        assert_eq!(error.code(), "crypto.master_key_exposed");
        assert!(error.to_string().contains(&format!("mode {mode:o}")), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(MasterKeys::load_or_create(&path, &SystemChance).is_ok());
}

#[test]
fn only_a_file_of_roots_may_be_read_by_its_group() {
    let cases = [(0o600, 7, false), (0o400, 0, false), (0o640, 7, true), (0o640, 0, false), (0o660, 0, true)];
    for (mode, owner, exposed) in cases.into_iter().chain([(0o644, 0, true), (0o601, 7, true)]) {
        assert_eq!(is_exposed(mode, owner), exposed, "{mode:o} of {owner}");
    }
}

#[test]
fn text_of_another_form_is_refused_at_its_line_and_never_shown() {
    let short = format!("{PREFIX}{}\n", STANDARD.encode([1; 31]));
    let cases: [(String, usize, &str); 8] = [
        (String::new(), 1, "empty"),
        ("\n".into(), 1, "does not start"),
        (line(1).replace("v1", "v2"), 1, "does not start"),
        (line(1).to_uppercase(), 1, "does not start"),
        (format!("{PREFIX}secret!\n"), 1, "not base64"),
        (short, 1, "not 32 bytes"),
        (line(1) + "\n" + &line(2), 2, "does not start"),
        (line(1).repeat(100), 1, "longer"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    for (text, line, detail) in cases {
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = MasterKeys::load_or_create(&path, &SystemChance).unwrap_err();
        assert!(error.to_string().contains(detail) && !error.to_string().contains("secret"), "{error}");
        assert_eq!(error.place(), Some(format!("{}:{line}", path.display())));
    }
    fs::write(&path, [0xff; 80]).unwrap();
    let error = MasterKeys::load_or_create(&path, &SystemChance).unwrap_err();
    assert_eq!(error.code(), "crypto.master_key_unreadable");
}

#[test]
fn the_first_key_wraps_and_the_others_only_open() {
    let chance = SeededChance::new(1);
    let [old, both, new] = [line(1), line(2) + &line(1), line(2)].map(|text| MasterKeys::parse(&text).unwrap());
    let (secret, name) = (Secret::random(&chance), (WorkspaceId::new(), 1));
    let under_old = old.wrap(&secret, name, &chance).unwrap();
    let under_new = both.wrap(&secret, name, &chance).unwrap();
    assert_eq!((under_old.master, under_new.master), (old.current(), new.current()));
    for keys in [&old, &both] {
        assert_eq!(keys.unwrap(&under_old).unwrap().bytes(), secret.bytes());
    }
    assert_eq!(new.unwrap(&under_old).unwrap_err().code(), "crypto.unknown_master_key");
    let moved = StoredWorkspaceKey { workspace: WorkspaceId::new(), ..under_new };
    assert_eq!(new.unwrap(&moved).unwrap_err().code(), "crypto.key_damaged");
}

#[test]
fn the_same_text_gives_the_same_tag_for_ever() {
    let keys = MasterKeys::parse(&line(1)).unwrap();
    let tag = keys.current();
    assert_eq!(tag.to_string().parse(), Ok(tag));
    // By Python: `hmac`, salt `grayghost/keys/v1`, info `master/tag`.
    assert_eq!(tag.to_string(), "ae8a812bc6e8c0b5");
    assert_eq!(MasterTag([0, 0, 0, 0, 0, 0, 0, 1]).to_string(), "0000000000000001");
    let debug = format!("{keys:?}");
    assert!(debug.contains("***") && !debug.contains(&STANDARD.encode([1; 32])), "{debug}");
}
