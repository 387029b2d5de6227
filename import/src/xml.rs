//! XML as a tree whose elements know their lines.
//!
//! Namespaces are left out of names. Entities beyond the five of XML are not resolved, and elements may be nested as deep as
//! [`MAX_DEPTH`], so that no document, however made, takes more memory than its own size calls for.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::ImportError;
use crate::text::Source;

/// How deep elements may be nested.
const MAX_DEPTH: usize = 100;

/// An element.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its name, without namespace.
    pub name: String,
    /// The line on which it ends to start, 1 for the first.
    pub line: u64,
    /// The text directly in it.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// An attribute that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The elements of this name in it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root of a document.
pub(crate) fn parse(source: &Source) -> Result<Element, ImportError> {
    let mut reader = Reader::from_str(&source.text);
    let (mut open, mut root): (Vec<Element>, Option<Element>) = (Vec::new(), None);
    let mut lines = Lines { text: &source.text, counted: 0, line: 1 };
    loop {
        let event = reader.read_event();
        let line = lines.at(reader.buffer_position());
        let event = event
            .map_err(|error| source.refused(lines.at(reader.error_position()), format!("it is no XML: {error}")))?;
        let closed = match event {
            Event::Start(tag) => {
                if open.len() == MAX_DEPTH {
                    return Err(source.refused(line, format!("elements are nested deeper than {MAX_DEPTH}")));
                }
                open.push(element(&tag, line).map_err(|why| source.refused(line, why))?);
                None
            }
            Event::Empty(tag) => Some(element(&tag, line).map_err(|why| source.refused(line, why))?),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.into_inner());
                }
                None
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.into_inner());
                }
                None
            }
            Event::GeneralRef(name) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&resolved(&name.into_inner()));
                }
                None
            }
            Event::Eof => break,
            _ => None,
        };
        let Some(closed) = closed else { continue };
        match open.last_mut() {
            Some(parent) => parent.children.push(closed),
            None => root = root.or(Some(closed)),
        }
    }
    if let Some(unclosed) = open.last() {
        return Err(source.refused(unclosed.line, format!("<{}> is not closed: the file breaks off", unclosed.name)));
    }
    root.ok_or_else(|| source.refused(None, "there is no XML element in it"))
}

fn element(tag: &BytesStart<'_>, line: u64) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| format!("an attribute cannot be read: {error}"))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| format!("an attribute cannot be read: {error}"))?;
        attributes.push((local(attribute.key.into_inner()).to_owned(), value.into_owned()));
    }
    let (text, children) = Default::default();
    Ok(Element { name: local(tag.name().into_inner()).to_owned(), line, text, children, attributes })
}

/// A name without its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The text of a reference `&name;`; one that is not known stays as it is.
fn resolved(name: &str) -> String {
    match quick_xml::escape::unescape(&format!("&{name};")) {
        Ok(text) => text.into_owned(),
        Err(_) => format!("&{name};"),
    }
}

/// Lines of places that come in order.
struct Lines<'a> {
    text: &'a str,
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    fn at(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        if offset < self.counted {
            (self.counted, self.line) = (0, 1);
        }
        let passed = &self.text.as_bytes()[self.counted..offset];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_lines_attributes_and_text() {
        let source = Source::of(
            "<?xml version='1.0'?>\n<!-- <no/> -->\n<a x='1 &amp; 2'>\n <ns:b>t&lt;<![CDATA[u]]></ns:b>\n <c/></a>\n",
        );
        let root = parse(&source).expect("it is XML");
        assert_eq!((root.name.as_str(), root.line, root.get("x")), ("a", 3, Some("1 & 2")));
        let b = root.all("b").next().expect("there is one");
        assert_eq!((b.text.as_str(), b.line), ("t<u", 4));
        assert_eq!(root.all("c").count(), 1);
    }

    #[test]
    fn what_is_no_xml_is_told_with_its_line() {
        for (text, place) in [
            ("<a>\n<b>\n</a>", "given:3: it is no XML"),
            ("<a>\n<b>", "given:2: <b> is not closed"),
            ("plain", "given: there is no XML element"),
            ("<a>\n<b x=1 x=2></b></a>", "given:2: an attribute cannot be read"),
        ] {
            let told = parse(&Source::of(text)).expect_err("it is not").to_string();
            assert!(told.starts_with(place), "{told}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(parse(&Source::of(&deep)).expect_err("too deep").to_string().contains("deeper than 100"));
    }
}
