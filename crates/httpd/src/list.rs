//! Lists: which page is wanted, and the page as both APIs write it. `next` and `previous` are
//! whole links that keep every parameter of the request, because clients follow them as they are.

use crate::doors::Doors;
use crate::origin::Origin;
use crate::problem::Problem;
use crate::who::CONFIRM;
use app::{Error, Fields, Page, PageRequest};
use axum::extract::{FromRequestParts, Query};
use hyper::http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// The query of a list request.
pub struct ListRequest {
    /// The page's number.
    number: u32,
    /// How long the page is to be; 0 for what is usual.
    pagelen: u32,
    pairs: Vec<(String, String)>,
    /// Where the list is, without its query.
    address: String,
}

impl FromRequestParts<Doors> for ListRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Fields::one("query", "it is not percent-encoded UTF-8"))?
            .0;
        let mut fields = Fields::default();
        let number = |name: &str, fields: &mut Fields| {
            let text = pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
            text.and_then(|it| fields.take(name, parse_number(it)))
        };
        let (page, pagelen) = (number("page", &mut fields), number("pagelen", &mut fields));
        fields.check()?;
        let (number, pagelen) = (page.unwrap_or(1), pagelen.unwrap_or(0));
        let Ok(origin) = Origin::from_request_parts(parts, doors).await;
        Ok(Self { number, pagelen, pairs, address: origin.link(parts.uri.path()) })
    }
}

/// Numbers past any list are as good as the largest one: such a page is empty.
fn parse_number(text: &str) -> Result<u32, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { Ok(text.parse().unwrap_or(u32::MAX)) } else { Err("write a number") }
}

/// Reads a truth value, as clients write them into queries and bodies; `None` for an empty one.
pub fn truth(word: &str) -> Result<Option<bool>, &'static str> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        "" => Ok(None),
        _ => Err("write true or false"),
    }
}

impl ListRequest {
    /// Which page is wanted.
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.number, self.pagelen)
    }

    /// The same of a list with a usual and a longest page of its own.
    pub fn page_within(&self, usual: u32, most: u32) -> PageRequest {
        PageRequest::within(self.number, self.pagelen, usual, most)
    }

    /// A parameter's value; the first, if it was sent more than once.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is true or false; `None` where it is left out, or is neither, which is noted.
    pub fn flag(&self, name: &str, fields: &mut Fields) -> Option<bool> {
        fields.take(name, truth(self.parameter(name)?)).flatten()
    }

    /// Notes every parameter but these, and what is sent twice or empty: for routes where a parameter
    /// decides whether anything changes.
    pub fn refuse_others(&self, names: &[&str], fields: &mut Fields) {
        // That one is read where the asker signs in.
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != CONFIRM) {
            if !names.contains(&name.as_str()) {
                fields.add(name, format!("is no parameter here: use {}", names.join(" or ")));
            } else if value.is_empty() {
                fields.add(name, "give it a value");
            } else if self.parameters(name).count() > 1 {
                fields.add(name, "send it once");
            }
        }
    }

    /// Every value of a parameter that may be sent more than once.
    pub fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The same with parameters that came in the body, which links to other pages repeat.
    pub fn with(mut self, pairs: Vec<(String, String)>) -> Self {
        self.pairs.extend(pairs);
        self
    }

    /// Is it the list as it is, neither filtered nor sorted?
    pub fn is_plain(&self) -> bool {
        !self
            .pairs
            .iter()
            .any(|(name, value)| matches!(name.as_str(), "q" | "sort") && !value.is_empty())
    }

    /// The page with its links.
    pub fn answer<T>(&self, page: Page<T>) -> Paged<T> {
        let next = page.has_next().then(|| self.link(page.page.saturating_add(1)));
        let previous = (page.page > 1).then(|| self.link(page.page - 1));
        let Page { values, size, page, pagelen } = page;
        Paged { values, pagelen, page, size, next, previous }
    }

    fn link(&self, page: u32) -> String {
        let mut link = format!("{}?", self.address);
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != "page") {
            let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            // Writing to a `String` cannot fail.
            let _infallible = write!(link, "{name}={value}&");
        }
        let _infallible = write!(link, "page={page}");
        link
    }
}

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Paged<T> {
    pub values: Vec<T>,
    /// How many fit on a page.
    pub pagelen: u32,
    /// The page's number, from 1.
    pub page: u32,
    /// How many there are in all.
    pub size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// All pages of a list, one after the other: for answers that are filtered or sorted by what the
/// client is shown.
pub async fn gather<T, F: Future<Output = Result<Page<T>, Error>>>(
    mut fetch: impl FnMut(PageRequest) -> F,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    let mut number = 1;
    loop {
        let page = fetch(PageRequest::new(number, PageRequest::MAX)).await?;
        let more = page.has_next();
        all.extend(page.values);
        if !more {
            return Ok(all);
        }
        number += 1;
    }
}
