//! Tails of Student's t and of F in natural logarithms, where the probability itself is below 10⁻³⁰⁸.
//!
//! A regression on a thousand transfers has p-values around 10⁻¹⁰⁰⁰; as a double each of them is 0. Both tails are one
//! incomplete beta function, evaluated here as prefactor times continued fraction with the prefactor kept as a logarithm:
//!
//! ```text
//! P(|t| > T, ν)     = I_x(ν/2, 1/2),     x = 1 / (1 + T²/ν)
//! P(F > f, d1, d2)  = I_x(d2/2, d1/2),   x = 1 / (1 + f·d1/d2)
//! ```
//!
//! Continued fraction: DLMF 8.17.22, which converges fast for `x < (a+1)/(a+b+2)`; beyond that the complement is used.
//! Absolute error of the logarithm: about 1e-12 for degrees of freedom up to 10⁴. Degrees beyond 10⁸ are taken as 10⁸,
//! where both distributions have reached their limits for every practical argument.

use statrs::function::gamma::ln_gamma;

/// Degrees of freedom beyond which nothing changes any more, and the continued fraction would be long.
const ENOUGH_DEGREES: f64 = 1e8;

/// ln of the two-sided p-value of a t statistic: `ln P(|t_df| > |t|)`; from -∞ to 0.
///
/// NaN when `t` is NaN or `df` is not positive and finite.
///
/// ```
/// use dapple_models::distributions::student_t_ln_p;
///
/// assert!((student_t_ln_p(1.0, 1.0) - 0.5f64.ln()).abs() < 1e-14);   // Cauchy: half lies beyond ±1
/// assert!(student_t_ln_p(65.8, 1119.0) < -800.0);                     // p itself would be 0
/// ```
pub fn student_t_ln_p(t: f64, df: f64) -> f64 {
    let df = within_reach(df);
    let root = t.abs() / df.sqrt();
    ln_tail(0.5 * df, 0.5, root * root, 2.0 * root.ln())
}

/// ln of the p-value of an F statistic: `ln P(F_{df1,df2} > f)`; 0 for `f <= 0`.
///
/// NaN when `f` is NaN or a count of degrees of freedom is not positive and finite.
pub fn f_ln_p(f: f64, df1: f64, df2: f64) -> f64 {
    let (df1, df2) = (within_reach(df1), within_reach(df2));
    let odds = if f <= 0.0 { 0.0 } else { f * df1 / df2 };
    ln_tail(0.5 * df2, 0.5 * df1, odds, f.ln() + (df1 / df2).ln())
}

/// Half-width of the central interval of Student's t that holds `level` of the probability: 2.776 for 0.95 and 4 degrees.
///
/// `None` unless `0 < level < 1` and `df` is positive and finite. Relative error about 1e-13.
pub fn student_t_half_width(level: f64, df: f64) -> Option<f64> {
    if !(level > 0.0 && level < 1.0 && df > 0.0 && df.is_finite()) {
        return None;
    }
    let target = (1.0 - level).ln();
    let miss = |ln_t: f64| student_t_ln_p(ln_t.exp(), df) - target;
    // ln p falls monotonically with ln t; bracket, then Newton steps that fall back to bisection.
    let (mut low, mut high) = (-1.0, 1.0);
    while miss(low) < 0.0 && low > -1000.0 {
        low *= 2.0;
    }
    while miss(high) > 0.0 && high < 700.0 {
        high *= 2.0;
    }
    let mut ln_t = 0.5 * (low + high);
    for _ in 0..200 {
        let here = miss(ln_t);
        if here > 0.0 {
            low = ln_t;
        } else {
            high = ln_t;
        }
        let t = ln_t.exp();
        let slope = -2.0 * t * (student_t_ln_density(t, df) - student_t_ln_p(t, df)).exp();
        let newton = ln_t - here / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - ln_t).abs() <= 1e-15 * ln_t.abs().max(0.1) {
            ln_t = next;
            break;
        }
        ln_t = next;
    }
    Some(ln_t.exp())
}

/// Degrees of freedom to calculate with; what is not a number of degrees stays so.
fn within_reach(df: f64) -> f64 {
    if df.is_finite() { df.min(ENOUGH_DEGREES) } else { f64::NAN }
}

fn student_t_ln_density(t: f64, df: f64) -> f64 {
    let df = within_reach(df);
    -0.5 * df.ln() - ln_beta(0.5 * df, 0.5) - 0.5 * (df + 1.0) * (t * t / df).ln_1p()
}

/// `ln I_x(a, b)` with `x = 1 / (1 + odds)`; taking the odds of `1 - x` loses no digits at either end. Their logarithm is
/// used where they overflow.
fn ln_tail(a: f64, b: f64, odds: f64, ln_odds: f64) -> f64 {
    let usable = |shape: f64| shape > 0.0 && shape.is_finite();
    if odds.is_nan() || !usable(a) || !usable(b) {
        return f64::NAN;
    }
    if odds == 0.0 {
        return 0.0;
    }
    let ln_x = if odds.is_finite() { -odds.ln_1p() } else { -ln_odds };
    if ln_x == f64::NEG_INFINITY {
        return ln_x;
    }
    let ln_rest = -odds.recip().ln_1p();
    let x = 1.0 / (1.0 + odds);
    if x < (a + 1.0) / (a + b + 2.0) {
        return ln_by_fraction(a, b, x, ln_x, ln_rest).min(0.0);
    }
    let complement = ln_by_fraction(b, a, odds / (1.0 + odds), ln_rest, ln_x).min(0.0);
    (-complement.exp()).ln_1p()
}

/// `ln I_x(a, b)` by the continued fraction, for `x` below its turning point; `ln_x = ln x`, `ln_rest = ln(1 - x)`.
fn ln_by_fraction(a: f64, b: f64, x: f64, ln_x: f64, ln_rest: f64) -> f64 {
    a * ln_x + b * ln_rest - a.ln() - ln_beta(a, b) + beta_fraction(a, b, x).ln()
}

/// Lentz's evaluation of DLMF 8.17.22; about `sqrt(max(a, b))` terms are needed.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            factor = c * d;
            fraction *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// `ln B(a, b)` without the cancellation that three large `ln Γ` would bring.
fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if large < 20.0 {
        return ln_gamma(small) + ln_gamma(large) - ln_gamma(small + large);
    }
    let sum = small + large;
    let correction = stirling(large) - stirling(sum);
    let half_ln_two_pi = 0.5 * (2.0 * std::f64::consts::PI).ln();
    if small < 20.0 {
        // ln Γ(large) - ln Γ(sum), leading terms of Stirling's series combined
        return ln_gamma(small) + correction - (large - 0.5) * (small / large).ln_1p() - small * sum.ln() + small;
    }
    half_ln_two_pi + stirling(small) + correction
        - (small - 0.5) * (large / small).ln_1p()
        - large * (small / large).ln_1p()
        - 0.5 * large.ln()
}

/// `ln Γ(x) - (x - 1/2) ln x + x - ln(2π)/2` for `x >= 20`, to 1e-17 (DLMF 5.11.1).
fn stirling(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y / 1188.0)))) / x
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn ln_beta_agrees_with_factorials() {
        // B(m, n) = (m-1)! (n-1)! / (m+n-1)!
        let ln_factorial = |n: u32| (1..=n).map(|k| f64::from(k).ln()).sum::<f64>();
        for (m, n) in [(1, 1), (3, 5), (2, 30), (25, 40), (100, 101), (1, 400), (150, 21)] {
            let exact = ln_factorial(m - 1) + ln_factorial(n - 1) - ln_factorial(m + n - 1);
            assert_relative_eq!(ln_beta(f64::from(m), f64::from(n)), exact, max_relative = 1e-13, epsilon = 1e-13);
        }
    }

    #[test]
    fn closed_forms() {
        for t in [1e-9_f64, 0.01, 0.7, 1.0, 3.0, 1e3, 1e9, 1e160] {
            // one degree: Cauchy; two degrees: 1 - t / sqrt(2 + t²)
            let cauchy = (2.0 / std::f64::consts::PI * (1.0 / t).atan()).ln();
            assert_relative_eq!(student_t_ln_p(t, 1.0), cauchy, max_relative = 1e-13, epsilon = 1e-14);
            if t < 1e100 {
                let root = (2.0 + t * t).sqrt();
                let two = (2.0 / (root * (root + t))).ln();
                assert_relative_eq!(student_t_ln_p(t, 2.0), two, max_relative = 1e-13, epsilon = 1e-14);
            }
        }
        for (f, df2) in [(0.3, 4.0), (5.0, 10.0), (1e4, 297.0), (1e9, 1119.0)] {
            // df1 = 2: P = (1 + 2 f / df2)^(-df2/2)
            let exact = -0.5 * df2 * (2.0_f64 * f / df2).ln_1p();
            assert_relative_eq!(f_ln_p(f, 2.0, df2), exact, max_relative = 1e-12);
        }
    }

    #[test]
    fn edges() {
        assert_eq!(student_t_ln_p(0.0, 5.0), 0.0);
        assert_eq!(student_t_ln_p(f64::INFINITY, 5.0), f64::NEG_INFINITY);
        assert!(student_t_ln_p(f64::NAN, 5.0).is_nan());
        assert!(student_t_ln_p(1.0, 0.0).is_nan());
        assert_eq!(f_ln_p(-1.0, 2.0, 3.0), 0.0);
        assert!(student_t_half_width(1.0, 5.0).is_none());
        assert!(student_t_half_width(0.95, f64::NAN).is_none());
    }

    #[test]
    fn half_widths_of_the_tables() {
        // closed forms: one degree tan(π level / 2), two degrees level sqrt(2 / (1 - level²))
        for level in [0.01, 0.5, 0.8, 0.95, 0.99, 0.999_999] {
            let one = (std::f64::consts::FRAC_PI_2 * level).tan();
            assert_relative_eq!(student_t_half_width(level, 1.0).unwrap(), one, max_relative = 1e-9);
            let two = level * (2.0 / (1.0 - level * level)).sqrt();
            assert_relative_eq!(student_t_half_width(level, 2.0).unwrap(), two, max_relative = 1e-9);
        }
        let normal = 1.959_963_984_540_054;
        assert_relative_eq!(student_t_half_width(0.95, 1e8).unwrap(), normal, max_relative = 1e-7);
    }

    proptest! {
        #[test]
        fn p_and_half_width_are_inverse(level in 0.001f64..0.9999, df in 0.5f64..5e4) {
            let t = student_t_half_width(level, df).unwrap();
            prop_assert!((student_t_ln_p(t, df).exp() - (1.0 - level)).abs() < 1e-11);
        }

        #[test]
        fn square_of_t_is_f(t in 1e-3f64..1e4, df in 1.0f64..2000.0) {
            let (as_t, as_f) = (student_t_ln_p(t, df), f_ln_p(t * t, 1.0, df));
            prop_assert!((as_t - as_f).abs() < 1e-10 * as_t.abs().max(1.0));
        }

        #[test]
        fn never_panics(t in any::<f64>(), a in any::<f64>(), b in any::<f64>()) {
            let _ = (student_t_ln_p(t, a), f_ln_p(t, a, b), student_t_half_width(t, a));
        }
    }
}
