//! AES-256-GCM with random nonces: the one place where something is sealed or opened.
//!
//! Sealed bytes are nonce (12), ciphertext, tag (16). What they belong to is authenticated with them ([`Context`]),
//! so that moving them elsewhere damages them.

use kernel::{Chance, SubjectId, WorkspaceId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{MasterTag, secret::Secret};

/// What sealed bytes belong to. Each kind has its own first byte and a fixed length, so that no two are alike.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Context {
    /// A workspace's key under a master key.
    WorkspaceKey { workspace: WorkspaceId, version: u32, master: MasterTag },
    /// A subject's key under a workspace's key.
    SubjectKey { workspace: WorkspaceId, subject: SubjectId, version: u32, wrapped_by: u32 },
    /// A field under a subject's key.
    Field { workspace: WorkspaceId, subject: SubjectId, version: u32 },
}

impl Context {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::WorkspaceKey { workspace, version, master } => {
                [&[1], &workspace.0.as_bytes()[..], &version.to_be_bytes(), &master.0].concat()
            }
            Self::SubjectKey { workspace, subject, version, wrapped_by } => [
                &[2],
                &workspace.0.as_bytes()[..],
                subject.0.as_bytes(),
                &version.to_be_bytes(),
                &wrapped_by.to_be_bytes(),
            ]
            .concat(),
            Self::Field { workspace, subject, version } => {
                [&[3], &workspace.0.as_bytes()[..], subject.0.as_bytes(), &version.to_be_bytes()].concat()
            }
        }
    }
}

/// `None` when the cipher refuses, as it does for more than 64 GiB.
pub(crate) fn seal(key: &Secret, context: Context, plaintext: &[u8], chance: &dyn Chance) -> Option<Vec<u8>> {
    seal_with(key, &context.bytes(), plaintext, chance)
}

/// `None` when the bytes were changed, or were sealed with another key or for something else.
pub(crate) fn open(key: &Secret, context: Context, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    open_with(key, &context.bytes(), sealed)
}

fn seal_with(key: &Secret, belongs_to: &[u8], plaintext: &[u8], chance: &dyn Chance) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    chance.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = cipher(key)?.seal_in_place_separate_tag(nonce, Aad::from(belongs_to), &mut sealed[NONCE_LEN..]).ok()?;
    sealed.extend_from_slice(tag.as_ref());
    Some(sealed)
}

fn open_with(key: &Secret, belongs_to: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut rest = Zeroizing::new(rest.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key)?.open_in_place(nonce, Aad::from(belongs_to), &mut rest).ok()?.len();
    rest.truncate(length);
    Some(rest)
}

fn cipher(key: &Secret) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.bytes()).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use kernel::SeededChance;
    use proptest::prelude::*;

    use super::*;

    /// Gives the bytes that it was made of.
    #[derive(Debug)]
    struct Fixed(Vec<u8>);

    impl Chance for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0);
        }
    }

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Key, nonce, authenticated, plain, ciphertext, tag.
    type Vector = [&'static str; 6];

    #[test]
    fn the_published_vectors_hold() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", submission to NIST, appendix B, test
        // cases 13, 14 and 16.
        let zero = "0000000000000000000000000000000000000000000000000000000000000000";
        let vectors: [Vector; 3] = [
            [zero, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
            [
                zero,
                "000000000000000000000000",
                "",
                "00000000000000000000000000000000",
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ],
            [
                "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
                "cafebabefacedbaddecaf888",
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                 1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
                "76fc6ece0f4e1768cddf8853bb2d551b",
            ],
        ];
        for [key, nonce, authenticated, plain, ciphertext, tag] in vectors {
            let key = Secret::from_slice(&unhex(key)).unwrap();
            let sealed = seal_with(&key, &unhex(authenticated), &unhex(plain), &Fixed(unhex(nonce))).unwrap();
            assert_eq!(sealed, unhex(&[nonce, ciphertext, tag].concat()));
            assert_eq!(*open_with(&key, &unhex(authenticated), &sealed).unwrap(), unhex(plain));
        }
    }

    fn ids(seed: u8) -> (WorkspaceId, SubjectId) {
        let id = |byte| kernel::uuid::Uuid::from_bytes([byte; 16]);
        (WorkspaceId(id(seed)), SubjectId(id(seed)))
    }

    /// One context of each kind, then each of its parts changed alone.
    fn contexts() -> Vec<Context> {
        let ((workspace, subject), (other_workspace, other_subject)) = (ids(1), ids(2));
        let (master, other_master) = (MasterTag([1; 8]), MasterTag([2; 8]));
        let of_subject = |workspace, subject, version| Context::Field { workspace, subject, version };
        let of_key =
            |workspace, subject, version, wrapped_by| Context::SubjectKey { workspace, subject, version, wrapped_by };
        let of_workspace = |workspace, version, master| Context::WorkspaceKey { workspace, version, master };
        vec![
            of_subject(workspace, subject, 1),
            of_subject(other_workspace, subject, 1),
            of_subject(workspace, other_subject, 1),
            of_subject(workspace, subject, 2),
            of_key(workspace, subject, 1, 1),
            of_key(other_workspace, subject, 1, 1),
            of_key(workspace, other_subject, 1, 1),
            of_key(workspace, subject, 2, 1),
            of_key(workspace, subject, 1, 2),
            of_workspace(workspace, 1, master),
            of_workspace(other_workspace, 1, master),
            of_workspace(workspace, 2, master),
            of_workspace(workspace, 1, other_master),
        ]
    }

    #[test]
    fn what_is_sealed_for_one_thing_opens_for_no_other() {
        let chance = SeededChance::new(1);
        let (key, other) = (Secret::random(&chance), Secret::random(&chance));
        for (mine, context) in contexts().into_iter().enumerate() {
            let sealed = seal(&key, context, b"plain", &chance).unwrap();
            assert!(open(&other, context, &sealed).is_none());
            for (others, elsewhere) in contexts().into_iter().enumerate() {
                assert_eq!(open(&key, elsewhere, &sealed).is_some(), mine == others, "{context:?} as {elsewhere:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_no_flipped_bit_does(
            plain in prop::collection::vec(any::<u8>(), 0..200),
            seed: u64,
            at: prop::sample::Index,
            bit in 0..8_u8,
        ) {
            let (chance, context) = (SeededChance::new(seed), contexts()[0]);
            let key = Secret::random(&chance);
            let mut sealed = seal(&key, context, &plain, &chance).unwrap();
            prop_assert_ne!(&sealed, &seal(&key, context, &plain, &chance).unwrap());
            prop_assert_eq!(&*open(&key, context, &sealed).unwrap(), &plain);

            let at = at.index(sealed.len());
            prop_assert!(open(&key, context, &sealed[..at]).is_none());
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key, context, &sealed).is_none());
        }
    }
}
