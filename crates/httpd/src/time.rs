//! Moments as clients read and write them: RFC 3339 with an offset. Several clients fail on any
//! other form.

use app::Fields;
use model::Timestamp;

/// `2026-11-22T02:18:01.123000+00:00`. A moment outside of the calendar is shown as its nearest
/// end.
pub fn show(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(if at.0 < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    moment.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Reads a moment; any offset will do.
pub fn parse(text: &str) -> Result<Timestamp, &'static str> {
    text.parse::<jiff::Timestamp>()
        .map(|it| Timestamp(it.as_millisecond()))
        .map_err(|_| "write a time as `2026-11-22T02:00:00Z`")
}

/// Reads a moment that may be left out; what is wrong with it is noted under the field's name.
pub fn parse_field(fields: &mut Fields, name: &str, text: Option<&str>) -> Option<Timestamp> {
    fields.take(name, parse(text?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_shown() {
        let at = Timestamp(1_795_313_881_123);
        assert_eq!(show(at), "2026-11-22T02:18:01.123000+00:00");
        assert_eq!(parse(&show(at)), Ok(at));
        assert_eq!(parse("2026-11-22T03:18:01.123+01:00"), Ok(at));
        assert!(parse("22.11.2026").is_err());
        assert!(show(Timestamp(i64::MAX)).starts_with("9999"));
    }
}
