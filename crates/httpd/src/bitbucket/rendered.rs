//! Text that people wrote, as it was typed and as a page shows it.

use serde::Serialize;
use utoipa::ToSchema;

/// A text of somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = Rendered)]
pub struct RenderedBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// As it was typed.
    raw: String,
    markup: &'static str,
    /// Safe to put into a page: nothing of what was typed is taken for HTML.
    html: String,
}

impl RenderedBody {
    /// The text, and its paragraphs.
    pub fn of(raw: &str) -> Self {
        Self { kind: "rendered", raw: raw.to_owned(), markup: "markdown", html: html(raw) }
    }
}

fn html(raw: &str) -> String {
    let paragraphs = raw.split("\n\n").filter(|it| !it.trim().is_empty());
    paragraphs.map(|it| format!("<p>{}</p>", escaped(it.trim()))).collect()
}

/// Text that is shown as it is, in HTML and in its attributes.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_people_type_is_not_taken_for_html() {
        let raw = "One & <script>\n\n\n\n\"two\"";
        let html = "<p>One &amp; &lt;script&gt;</p><p>&quot;two&quot;</p>";
        assert_eq!(super::html(raw), html);
        assert_eq!(super::html(""), "");
    }
}
