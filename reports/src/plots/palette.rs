//! Colours: Okabe and Ito's without yellow, which people with any common colour vision tell apart.
//!
//! Plots are drawn in the colours for white paper; in the report a style sheet puts a CSS variable with a value for
//! light and one for dark in the place of each. Policies beyond the sixth repeat a colour with hollow markers and dashed lines.

use plotters::style::RGBColor;

/// A colour with a name in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// Its CSS variable.
    pub variable: &'static str,
    /// Its value on white paper.
    pub(crate) rgb: RGBColor,
}

const fn ink(variable: &'static str, rgb: (u8, u8, u8)) -> Ink {
    Ink { variable, rgb: RGBColor(rgb.0, rgb.1, rgb.2) }
}

/// Text and marks that belong to no policy.
pub const TEXT: Ink = ink("--ink", (0x1c, 0x21, 0x28));
/// Secondary text.
pub const MUTED: Ink = ink("--muted", (0x5a, 0x63, 0x6e));
/// Axes and the zero line.
pub const AXIS: Ink = ink("--axis", (0x8b, 0x94, 0x9e));
/// Lines behind the data.
pub const GRID: Ink = ink("--grid", (0xe6, 0xe9, 0xec));
/// What the plot is drawn on.
pub const PAPER: Ink = ink("--paper", (0xff, 0xff, 0xff));

/// Colours of policies in order of declaration.
pub const SERIES: [Ink; 6] = [
    ink("--s1", (0x00, 0x72, 0xb2)),
    ink("--s2", (0xd5, 0x5e, 0x00)),
    ink("--s3", (0x00, 0x9e, 0x73)),
    ink("--s4", (0xcc, 0x79, 0xa7)),
    ink("--s5", (0x56, 0xb4, 0xe9)),
    ink("--s6", (0xe6, 0x9f, 0x00)),
];

/// The style with which plots that are part of a page follow its theme: each colour gives way to its variable.
pub fn style() -> String {
    let inks = [TEXT, MUTED, AXIS, GRID, PAPER].into_iter().chain(SERIES);
    let rule = |Ink { variable, rgb: RGBColor(r, g, b) }| {
        let rgb = format!("#{r:02X}{g:02X}{b:02X}");
        format!(".plot [fill=\"{rgb}\"]{{fill:var({variable})}}.plot [stroke=\"{rgb}\"]{{stroke:var({variable})}}\n")
    };
    inks.map(rule).collect()
}

/// Shape of a policy's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A square on its corner.
    Diamond,
}

/// How a policy is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Its colour.
    pub ink: Ink,
    /// The shape of its points.
    pub marker: Marker,
    /// Whether points are hollow and lines dashed.
    pub second: bool,
}

/// How the nth policy is drawn: no two of the first 24 alike.
pub fn look(policy: usize) -> Look {
    const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    let turn = policy / SERIES.len();
    Look { ink: SERIES[policy % SERIES.len()], marker: MARKERS[(policy + turn) % MARKERS.len()], second: turn % 2 == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_many_policies_look_alike() {
        let looks: Vec<Look> = (0..24).map(look).collect();
        for (nth, one) in looks.iter().enumerate() {
            assert!(looks[..nth].iter().all(|other| other != one), "policy {nth}");
        }
    }
}
