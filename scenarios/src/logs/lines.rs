//! From the bytes of a file to its lines, whatever they are written in: plain or gzipped, UTF-8 or UTF-16.

use std::io::{self, BufRead, BufReader, Cursor, Read as _};

use flate2::read::MultiGzDecoder;

/// Most bytes that are unpacked at once.
const BUFFER: usize = 1 << 16;

/// The lines of a text, one after the other.
pub(super) struct Lines<'f> {
    input: Box<dyn BufRead + 'f>,
    /// What ends a line: `\n`, or `\r` in texts that have no other.
    end: u8,
    line: Vec<u8>,
    number: u64,
}

impl<'f> Lines<'f> {
    /// Finds out what a file is written in. A byte order mark says that it is UTF-16; all else is UTF-8.
    pub fn of(bytes: &'f [u8]) -> io::Result<Self> {
        let is_zipped = bytes.starts_with(&[0x1f, 0x8b]);
        let mut input: Box<dyn BufRead + 'f> = if is_zipped {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(bytes)))
        } else {
            Box::new(bytes)
        };
        let start = input.fill_buf()?;
        if start.starts_with(&[0xef, 0xbb, 0xbf]) {
            input.consume(3);
        } else if let Some(unit) = utf16_unit(start) {
            let mut all = Vec::new();
            input.read_to_end(&mut all)?;
            input = Box::new(Cursor::new(from_utf16(&all[2..], unit)?));
        }
        let start = input.fill_buf()?;
        let end = if start.contains(&b'\r') && !start.contains(&b'\n') { b'\r' } else { b'\n' };
        Ok(Self { input, end, line: Vec::new(), number: 0 })
    }

    /// Goes on to the next line; false where there is none.
    pub fn advance(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number += 1;
        Ok(self.input.read_until(self.end, &mut self.line)? > 0)
    }

    /// The line that was read last, without its end.
    pub fn line(&self) -> &[u8] {
        let line = self.line.strip_suffix(&[self.end]).unwrap_or(&self.line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Number of the line read last, 1 for the first.
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// How two bytes make a unit of UTF-16, where a byte order mark says so.
fn utf16_unit(start: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match start {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// The same in UTF-8. Half of a pair becomes a byte that no UTF-8 has, so that its row is told.
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> io::Result<Vec<u8>> {
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is UTF-16 with half a character at its end"));
    };
    let mut text = Vec::with_capacity(bytes.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            Err(_) => text.push(0xff),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Lines::of(bytes).expect("readable");
        std::iter::from_fn(|| lines.advance().expect("in memory").then(|| lines.line().to_vec())).collect()
    }

    #[test]
    fn lines_are_the_same_in_all_encodings() {
        let text = "a;ü\r\n1;2\n\n€;𝄞";
        let expected = ["a;ü", "1;2", "", "€;𝄞"].map(|line| line.as_bytes().to_vec());
        let utf16 = |mark: u16, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(mark).chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        assert_eq!(lines(text.as_bytes()), expected);
        assert_eq!(lines(&[&[0xef, 0xbb, 0xbf], text.as_bytes()].concat()), expected);
        assert_eq!(lines(&utf16(0xfeff, u16::to_le_bytes)), expected);
        assert_eq!(lines(&utf16(0xfeff, u16::to_be_bytes)), expected);
        assert_eq!(lines(b"a\rb\r"), [b"a", b"b"]);
        assert!(Lines::of(&[0xff, 0xfe, 0]).is_err());
        assert_eq!(lines(&[0xff, 0xfe, 0, 0xd8]), [[0xff]]);
    }
}
