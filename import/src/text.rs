//! Files as text: plain or gzipped, UTF-8 or, with a byte order mark, UTF-16.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::ImportError;
use crate::imported::as_name;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its path, as it was named.
    pub name: String,
    /// Where it is, for files beside it.
    pub path: PathBuf,
    /// Its text. Bytes that are no text are replaced by [`char::REPLACEMENT_CHARACTER`].
    pub text: String,
}

impl Source {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let failed = |source| ImportError::Read { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(failed)?;
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unzipped = Vec::new();
            MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unzipped).map_err(failed)?;
            unzipped
        } else {
            bytes
        };
        Ok(Self { name: path.display().to_string(), path: path.to_owned(), text: decoded(&bytes) })
    }

    /// The file is not of its format.
    pub fn refused(&self, line: impl Into<Option<u64>>, why: impl Into<String>) -> ImportError {
        ImportError::refused(&self.name, line, why)
    }

    /// The name of the file without folders and endings.
    pub fn stem(&self) -> String {
        let name = self.path.file_name().map_or_else(|| "imported".into(), |name| name.to_string_lossy());
        let stem = name.trim_start_matches('.').split('.').next().unwrap_or_default();
        if stem.is_empty() { "imported".to_owned() } else { as_name(stem) }
    }
}

fn decoded(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks(2).map(|pair| unit([pair[0], pair.get(1).copied().unwrap_or_default()]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        all => String::from_utf8_lossy(all).into_owned(),
    }
}

#[cfg(test)]
impl Source {
    /// A file with this text.
    pub fn of(text: &str) -> Self {
        Self { name: "given".into(), path: "given".into(), text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn text_is_told_by_its_byte_order_mark() {
        assert_eq!(decoded(b"\xef\xbb\xbfab"), "ab");
        assert_eq!(decoded(b"\xff\xfea\0b\0"), "ab");
        assert_eq!(decoded(b"\xfe\xff\0a\0b"), "ab");
        assert_eq!(decoded(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(decoded(b"\xff\xfea"), "a");
    }
}
