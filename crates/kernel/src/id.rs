//! Ids that cannot be mixed up.

/// Declares an id type: a time-ordered UUID (version 7) that the compiler tells apart from every other id.
#[macro_export]
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $crate::uuid::Uuid);

        impl $name {
            /// A fresh id: the time in its first 48 bits, chance in the rest.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default id would be a hidden random number")]
            #[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
            pub fn new() -> Self {
                Self($crate::uuid::Uuid::now_v7())
            }
        }

        impl $crate::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::schemars::json_schema!({ "type": "string", "format": "uuid", "description": stringify!($name) })
            }
        }

        impl From<$crate::uuid::Uuid> for $name {
            fn from(id: $crate::uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

typed_id!(
    /// The tenant. Everything stored belongs to one.
    WorkspaceId
);
typed_id!(
    /// A folder of models, sources and settings with the lake that they make.
    ProjectId
);
typed_id!(
    /// One execution of a plan.
    RunId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fresh_sortable_by_time_and_read_back() {
        let (first, second) = (RunId::new(), RunId::new());
        assert!(first < second, "{first} was made before {second}");
        assert_eq!(first.0.get_version_num(), 7);
        assert_eq!(first.to_string().parse(), Ok(first.0));
    }
}
