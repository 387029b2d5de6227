//! Tables of text and figures for people.

/// Lays out rows in columns two spaces apart: the first row is the heading, columns from `figures_from` on are
/// aligned to the right.
pub fn columns(rows: &[Vec<String>], figures_from: usize) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..n_columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < figures_from { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// A span of real time in words: `40 s`, `12 min`, `3.5 h`.
pub fn wall_time(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "less than a second".into(),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// The same in few characters, for what changes all the time: `0 s`, `40 s`, `3.5 h`.
pub fn short_time(seconds: f64) -> String {
    if seconds < 1.0 { "0 s".into() } else { wall_time(seconds) }
}

/// `1 run`, `2 runs`.
pub fn number(n: usize, what: &str) -> String {
    plural(n, what, &format!("{what}s"))
}

/// `1 policy`, `2 policies`.
pub fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A count with a decimal prefix: `950`, `12.3 k`, `4.56 M`.
pub fn count(value: f64) -> String {
    let (scaled, prefix) = match value {
        v if v >= 1e9 => (v / 1e9, " G"),
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e4 => (v / 1e3, " k"),
        v => return format!("{v:.0}"),
    };
    let decimals = if scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.decimals$}{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_where_they_end() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(columns(&[row(["policy", "s"]), row(["é", "12"])], 1), "policy   s\né       12\n");
        assert_eq!(columns(&[row(["a", ""])], 2), "a\n");
    }

    #[test]
    fn spans_and_counts_are_words() {
        assert_eq!([0.2, 59.6, 600.0, 9000.0].map(wall_time), ["less than a second", "60 s", "10 min", "2.5 h"]);
        assert_eq!([999.0, 12_345.0, 4.56e6, 1e11].map(count), ["999", "12.3 k", "4.56 M", "100 G"]);
    }
}
