//! Characters that are not seen and can deceive.

/// Whether a character steers a terminal or the direction of a text, takes no room, or is one that no XML may have: names in a
/// scenario have none, and a text from outside is shown without.
pub fn is_hidden(c: char) -> bool {
    let takes_no_room =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let steers = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || takes_no_room || steers || matches!(c, '\u{fffe}' | '\u{ffff}')
}
