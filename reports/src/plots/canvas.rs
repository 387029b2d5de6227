//! Paper to draw on: plotters' SVG with coordinates of a tenth of a pixel, framed as a file or as a part of a page.

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::plots::palette::{Ink, Look, MUTED, Marker, PAPER, TEXT};
use crate::{DrawError, ReportError};

/// plotters draws in whole pixels: everything is drawn larger and shown smaller, for smooth lines.
const ZOOM: f64 = 10.0;
/// plotters divides font sizes by this.
const FONT_FACTOR: f64 = 1.24;
/// Size of all text in plots \[px\].
pub const FONT: f64 = 13.0;

/// What drawing gives back: nothing, or why the plotting library cannot draw.
pub type Drawn = Result<(), DrawError>;

/// A finished plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Stem of its file.
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// How to read it, in sentences.
    pub caption: String,
    size: (f64, f64),
    /// What plotters drew, a whole `<svg>`.
    drawing: String,
}

impl Plot {
    /// Draws a plot of `size` pixels.
    ///
    /// # Errors
    /// [`ReportError::Draw`] where `draw` or the plotting library fails.
    pub fn draw(
        name: &str,
        title: impl Into<String>,
        size: (f64, f64),
        draw: impl FnOnce(&Canvas<'_>) -> Drawn,
    ) -> Result<Self, ReportError> {
        let title = title.into();
        let mut drawing = String::new();
        let drawn = {
            let pixels = ((size.0 * ZOOM) as u32, (size.1 * ZOOM) as u32);
            let canvas = Canvas { area: SVGBackend::with_string(&mut drawing, pixels).into_drawing_area(), size };
            draw(&canvas).and_then(|()| canvas.area.present().map_err(DrawError::new))
        };
        drawn.map_err(|error| ReportError::Draw { plot: title.clone(), problem: error.to_string() })?;
        Ok(Self { name: name.to_owned(), title, caption: String::new(), size, drawing })
    }

    /// The same with a caption.
    pub fn captioned(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// A file of its own, on white paper.
    pub fn file(&self) -> Markup {
        let (width, height) = self.size;
        html! {
            svg xmlns="http://www.w3.org/2000/svg" data-generator="dapple" width=(width) height=(height) viewBox=(self.view()) {
                title { (self.title) }
                desc { (self.caption) }
                rect width="100%" height="100%" fill="#fff" {}
                (PreEscaped(&self.drawing))
            }
        }
    }

    /// A part of a page, which has [`palette::style`](crate::plots::palette::style) for the colours of its theme.
    pub fn inline(&self) -> Markup {
        let (width, height) = self.size;
        html! {
            svg.plot role="img" aria-label=(self.title) width=(width) height=(height) viewBox=(self.view()) {
                (PreEscaped(&self.drawing))
            }
        }
    }

    fn view(&self) -> String {
        format!("0 0 {} {}", self.size.0 * ZOOM, self.size.1 * ZOOM)
    }
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// Paper to draw on; all lengths are pixels of the finished plot.
pub struct Canvas<'a> {
    /// The whole paper.
    pub(crate) area: DrawingArea<SVGBackend<'a>, Shift>,
    /// Its size.
    pub size: (f64, f64),
}

/// A length in the pixels of plotters.
pub(crate) fn zoomed(pixels: f64) -> i32 {
    (pixels * ZOOM).round() as i32
}

fn at((x, y): (f64, f64)) -> (i32, i32) {
    (zoomed(x), zoomed(y))
}

/// The pixels of the finished plot for those of plotters.
pub(crate) fn unzoomed((x, y): (i32, i32)) -> (f64, f64) {
    (f64::from(x) / ZOOM, f64::from(y) / ZOOM)
}

/// A text style of plotters.
pub(crate) fn text_style(ink: Ink, bold: bool) -> TextStyle<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::SansSerif, FONT * ZOOM * FONT_FACTOR, style);
    TextStyle { color: ink.rgb.to_backend_color(), ..TextStyle::from(font) }
}

impl Canvas<'_> {
    /// A line through points.
    pub fn line(&self, points: &[(f64, f64)], ink: Ink, width: f64, alpha: f64) -> Drawn {
        let style = ink.rgb.mix(alpha).stroke_width(zoomed(width).unsigned_abs());
        self.area
            .draw(&PathElement::new(points.iter().map(|&point| at(point)).collect::<Vec<_>>(), style))
            .map_err(DrawError::new)
    }

    /// A dashed line through points.
    pub fn dashed(&self, points: &[(f64, f64)], ink: Ink, width: f64) -> Drawn {
        let style = ink.rgb.stroke_width(zoomed(width).unsigned_abs());
        let points: Vec<_> = points.iter().map(|&point| at(point)).collect();
        self.area.draw(&DashedPathElement::new(points, zoomed(6.0), zoomed(4.0), style)).map_err(DrawError::new)
    }

    /// A line in the manner of a policy.
    pub fn curve(&self, points: &[(f64, f64)], look: Look) -> Drawn {
        if look.second { self.dashed(points, look.ink, 2.0) } else { self.line(points, look.ink, 2.0, 1.0) }
    }

    /// A filled polygon.
    pub fn polygon(&self, points: &[(f64, f64)], ink: Ink, alpha: f64) -> Drawn {
        let points: Vec<_> = points.iter().map(|&point| at(point)).collect();
        self.area.draw(&Polygon::new(points, ink.rgb.mix(alpha).filled())).map_err(DrawError::new)
    }

    /// A filled rectangle.
    pub fn rectangle(&self, from: (f64, f64), to: (f64, f64), ink: Ink, alpha: f64) -> Drawn {
        self.area.draw(&Rectangle::new([at(from), at(to)], ink.rgb.mix(alpha).filled())).map_err(DrawError::new)
    }

    /// A small disc.
    pub fn dot(&self, centre: (f64, f64), radius: f64, ink: Ink, alpha: f64) -> Drawn {
        self.area.draw(&Circle::new(at(centre), zoomed(radius), ink.rgb.mix(alpha).filled())).map_err(DrawError::new)
    }

    /// The marker of a policy, with a rim of paper around it.
    pub fn marker(&self, centre: (f64, f64), radius: f64, look: Look) -> Drawn {
        self.shape(centre, radius + 1.3, look.marker, PAPER)?;
        self.shape(centre, radius, look.marker, look.ink)?;
        if look.second { self.shape(centre, radius - 1.8, look.marker, PAPER) } else { Ok(()) }
    }

    fn shape(&self, (x, y): (f64, f64), r: f64, marker: Marker, ink: Ink) -> Drawn {
        match marker {
            Marker::Circle => self.dot((x, y), r, ink, 1.0),
            Marker::Square => {
                let r = r * 0.9;
                self.rectangle((x - r, y - r), (x + r, y + r), ink, 1.0)
            }
            Marker::Triangle => {
                let r = r * 1.2;
                self.polygon(&[(x, y - r), (x + r, y + r * 0.8), (x - r, y + r * 0.8)], ink, 1.0)
            }
            Marker::Diamond => {
                let r = r * 1.25;
                self.polygon(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], ink, 1.0)
            }
        }
    }

    /// A text at (x, y), centred vertically.
    pub fn text(&self, text: &str, (x, y): (f64, f64), anchor: Anchor, ink: Ink) -> Drawn {
        self.styled(text, (x, y), anchor, &text_style(ink, false))
    }

    /// The same in bold.
    pub fn bold(&self, text: &str, (x, y): (f64, f64), anchor: Anchor, ink: Ink) -> Drawn {
        self.styled(text, (x, y), anchor, &text_style(ink, true))
    }

    fn styled(&self, text: &str, (x, y): (f64, f64), anchor: Anchor, style: &TextStyle<'static>) -> Drawn {
        let side = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // plotters centres by x-height, which sits a little high for capitals and digits.
        let style = style.pos(Pos::new(side, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), at((x, y + 1.0)), style)).map_err(DrawError::new)
    }

    /// Names with their markers in rows from (x, y) on, at most `width` wide; returns the height taken.
    ///
    /// # Errors
    /// Where the plotting library cannot draw.
    pub fn legend(&self, names: &[(String, Look)], (x, y): (f64, f64), width: f64) -> Result<f64, DrawError> {
        let (mut left, mut top) = (0.0, 0.0);
        for (name, look) in names {
            let name = shortened(name, width.min(260.0));
            let entry = 22.0 + text_width(&name) + 18.0;
            if left > 0.0 && left + entry > width {
                (left, top) = (0.0, top + LEGEND_ROW);
            }
            let middle = y + top + LEGEND_ROW / 2.0;
            self.curve(&[(x + left, middle), (x + left + 18.0, middle)], *look)?;
            self.marker((x + left + 9.0, middle), 4.0, *look)?;
            self.text(&name, (x + left + 24.0, middle), Anchor::Start, TEXT)?;
            left += entry;
        }
        Ok(top + LEGEND_ROW)
    }

    /// A note in secondary ink.
    pub fn note(&self, text: &str, at: (f64, f64), anchor: Anchor) -> Drawn {
        self.text(text, at, anchor, MUTED)
    }
}

/// Height of a row of a legend.
pub const LEGEND_ROW: f64 = 20.0;

/// The height that [`Canvas::legend`] will take.
pub fn legend_height(names: &[(String, Look)], width: f64) -> f64 {
    let (mut left, mut rows) = (0.0, 1.0);
    for (name, _) in names {
        let entry = 22.0 + text_width(&shortened(name, width.min(260.0))) + 18.0;
        if left > 0.0 && left + entry > width {
            (left, rows) = (0.0, rows + 1.0);
        }
        left += entry;
    }
    rows * LEGEND_ROW
}

/// Width of a text, on the safe side for the fonts that readers are likely to have \[px\].
pub fn text_width(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
        ' ' | '\u{a0}' | '\u{202f}' | '(' | ')' | '[' | ']' | 'f' | 't' | 'r' | '-' | '/' | 'I' => 0.41,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.98,
        'A'..='Z' => 0.72,
        _ => 0.63,
    };
    text.chars().map(em).sum::<f64>() * FONT
}

/// A text that fits `width`, with an ellipsis in its middle where it had to be cut.
pub fn shortened(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    for kept in (2..chars.len()).rev() {
        let (head, tail) = (kept.div_ceil(2), kept / 2);
        let cut: String = chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect();
        if text_width(&cut) <= width {
            return cut;
        }
    }
    "…".to_owned()
}

/// Moves labels apart so that none overlaps: centres in, centres out, at least `gap` apart within `range`.
pub fn apart(centres: &[f64], gap: f64, range: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by(|&a, &b| centres[a].total_cmp(&centres[b]));
    let mut placed = centres.to_vec();
    let mut lowest = range.0;
    for &index in &order {
        placed[index] = placed[index].max(lowest);
        lowest = placed[index] + gap;
    }
    let mut highest = range.1;
    for &index in order.iter().rev() {
        placed[index] = placed[index].min(highest);
        highest = placed[index] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let name = "nearest-idle-with-forecast-and-a-very-long-tail";
        let cut = shortened(name, 150.0);
        assert!(cut.contains('…') && cut.starts_with("near") && cut.ends_with("tail"), "{cut}");
        assert!(text_width(&cut) <= 150.0);
        assert_eq!(shortened("place", 150.0), "place");
    }

    #[test]
    fn labels_keep_their_distance() {
        assert_eq!(apart(&[10.0, 11.0, 50.0], 16.0, (0.0, 100.0)), [10.0, 26.0, 50.0]);
        assert_eq!(apart(&[95.0, 99.0], 16.0, (0.0, 100.0)), [84.0, 100.0]);
    }
}
