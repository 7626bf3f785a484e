//! The route table: what [`axum::Router`] does, and a list of what was routed, so that tests can
//! ask every route and miss none.

use crate::doors::Doors;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{delete, get, post, put};

/// One route: a method and a path with `{names}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub path: &'static str,
    pub method: &'static str,
}

/// Routes, and the list of them.
pub struct Table {
    router: Router<Doors>,
    routes: Vec<Route>,
}

macro_rules! methods {
    ($($name:ident $method:literal),*) => {$(
        #[doc = concat!("Routes `", $method, "`.")]
        pub fn $name<H: Handler<T, Doors>, T: 'static>(self, path: &'static str, handler: H) -> Self {
            let mut routes = self.routes;
            routes.push(Route { path, method: $method });
            Self { router: self.router.route(path, $name(handler)), routes }
        }
    )*};
}

impl Table {
    /// Without a route.
    pub fn new() -> Self {
        Self { router: Router::new(), routes: Vec::new() }
    }

    methods!(get "GET", post "POST", put "PUT", delete "DELETE");

    /// The routes as axum serves them, and their list.
    pub fn into_parts(self) -> (Router<Doors>, Vec<Route>) {
        (self.router, self.routes)
    }
}
