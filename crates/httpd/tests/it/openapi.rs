//! The published documents are what the handlers say, and name every route and no other. With
//! `PORTCULLIS_BLESS=1` the files are written anew.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn check(file: &str, now: &str, base: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(file);
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "{file} is not what is served: run `cargo xtask bless`");

    let document: Value = serde_json::from_str(now).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            described.insert(format!("{} {base}{path}", method.to_uppercase()));
        }
    }
    let routed: BTreeSet<_> = httpd::routes()
        .into_iter()
        .filter(|it| it.path.starts_with(base) && !it.path.ends_with("/openapi.json"))
        .map(|it| format!("{} {}", it.method, it.path.replace("{*", "{")))
        .collect();
    let missing: Vec<_> = routed.symmetric_difference(&described).collect();
    assert!(missing.is_empty(), "routed or described, not both: {missing:#?}");

    let ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|it| it.as_object().unwrap().values())
        .map(|it| it["operationId"].as_str().unwrap())
        .collect();
    let different: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), different.len(), "an operation id stands for two operations");
}

#[test]
fn the_native_document_is_as_generated() {
    check("openapi-v1.json", &httpd::openapi::native(), "/api/v1");
}

#[test]
fn the_bitbucket_document_is_as_generated() {
    check("openapi-2.0.json", &httpd::openapi::bitbucket(), "/2.0");
}
