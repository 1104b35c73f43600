//! A path, and what is done there by each method: made once, read by every request.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderValue, Method},
    response::Response,
};
use http_edge::{Access, Budget, Operation};
use tower::util::BoxCloneSyncService;

use crate::figures::Figures;

/// Who does an operation: a service, in this process or behind a pool of others. The layers above do not know.
pub type Target = BoxCloneSyncService<Request, Response, Infallible>;

/// What the layers hold a request to.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what an operation says of itself, each by its own name")]
pub(crate) struct Plan {
    pub(crate) id: &'static str,
    pub(crate) access: Access,
    pub(crate) budget: Budget,
    pub(crate) is_secret: bool,
    pub(crate) is_once: bool,
    pub(crate) is_recognising: bool,
    /// It goes on for as long as there is something to tell.
    pub(crate) is_stream: bool,
    pub(crate) max_body_bytes: u64,
    pub(crate) timeout: Duration,
}

/// One method of a path.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) method: Method,
    pub(crate) plan: Plan,
    pub(crate) target: Target,
    figures: Figures,
    head_figures: Figures,
}

/// A path.
#[derive(Debug)]
pub(crate) struct Place {
    /// As the router has it; a name of ours for everything that no route fits.
    pub(crate) route: &'static str,
    ways: Vec<Way>,
    /// For `Allow`.
    pub(crate) allow: HeaderValue,
    other: Figures,
}

impl Way {
    pub(crate) fn new(operation: &Operation, target: Target, plan: Plan) -> Self {
        let method = operation.method().clone();
        let (route, name) = (operation.path(), name(&method));
        Self { figures: Figures::new(route, name), head_figures: Figures::new(route, "HEAD"), method, plan, target }
    }
}

impl Place {
    /// Where nothing is.
    pub(crate) fn nowhere() -> Self {
        Self::new("(no route)", Vec::new())
    }

    pub(crate) fn new(route: &'static str, ways: Vec<Way>) -> Self {
        let mut methods: Vec<&str> = ways.iter().map(|way| way.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        // Names of methods are a header's value.
        let allow = HeaderValue::try_from(methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"));
        Self { route, ways, allow, other: Figures::new(route, "other") }
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.ways.is_empty()
    }

    /// `HEAD` is what `GET` does, without its body.
    pub(crate) fn way(&self, method: &Method) -> Option<&Way> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.ways.iter().find(|way| way.method == *method)
    }

    /// Where an answer to this method is counted.
    pub(crate) fn figures(&self, method: &Method) -> &Figures {
        match self.way(method) {
            Some(way) if *method == Method::HEAD => &way.head_figures,
            Some(way) => &way.figures,
            None => &self.other,
        }
    }
}

/// A method's name that lives as long as the process.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
