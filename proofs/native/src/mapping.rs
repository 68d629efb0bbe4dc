//! Key files mapped into memory: `contents || BLAKE3(contents)`, 32 bytes, written by `seal`.
//!
//! The only module with unsafe code. The digest is against accidents (a half-written file, a worn
//! disk), not against this user: whoever may write the file may as well change the program. So only a
//! file that this user owns and that nobody else may open is mapped.

#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use memmap2::Mmap;

const DIGEST_BYTES: usize = blake3::OUT_LEN;

/// A file whose digest was right when it was opened.
pub struct Mapping(Mmap);

impl Mapping {
    /// Refuses a file of another owner, with rights for others, or whose digest is wrong.
    pub fn open(path: &Path, owner: u32) -> Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.uid() != owner || metadata.mode() & 0o077 != 0 {
            return Err(Error::new(ErrorKind::PermissionDenied, "not a private file of this user"));
        }
        // SAFETY: the memory must not change while it is borrowed. Nobody but this user may open the
        // file, and this program only ever replaces it by renaming another one onto its path, which
        // leaves the mapped inode as it is. Every byte pattern is a valid [u8].
        let map = unsafe { Mmap::map(&file)? };
        let contents = map.len().checked_sub(DIGEST_BYTES).map(|end| map.split_at(end));
        if contents.is_some_and(|(body, digest)| *digest == digest_of(body)) {
            return Ok(Self(map));
        }
        Err(Error::new(ErrorKind::InvalidData, "the digest of the file is wrong"))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0[..self.0.len() - DIGEST_BYTES]
    }
}

/// Appends the digest to a file and waits until it is on the disk.
pub fn seal(path: &Path) -> Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).open(path)?;
    // SAFETY: as in `Mapping::open`; the file is new and this process alone writes it.
    let digest = digest_of(&unsafe { Mmap::map(&file)? });
    file.write_all(&digest)?;
    file.sync_all()
}

fn digest_of(contents: &[u8]) -> [u8; DIGEST_BYTES] {
    *blake3::Hasher::new().update_rayon(contents).finalize().as_bytes()
}
