//! Words that every crate shares: ids, time, the closed list of error kinds. No I/O, no async.

mod actor;
mod aggregate;
mod cancel;
mod chance;
mod clock;
mod country;
mod country_table;
mod currency;
mod currency_table;
mod error;
mod id;
mod language;
mod money;
mod page;
mod permission;
mod personal;
mod schema;
pub mod seal;
mod source;
mod word;

pub use actor::{Actor, Forbidden, KeyId, UserId, Who};
pub use aggregate::{Aggregate, Event};
pub use cancel::Cancel;
pub use chance::{Chance, NoChance, SeededChance, SystemChance};
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use country::Country;
pub use currency::Currency;
pub use error::{ErrorKind, ProductError};
pub use id::{ProjectId, RunId, WorkspaceId};
pub use language::{Language, LanguageTag};
pub use money::Money;
pub use page::{Cursor, Page, PageRequest};
pub use permission::Permission;
pub use personal::{Personal, SubjectId};
pub use source::Source;
pub use word::WordError;

#[doc(hidden)]
pub use schemars;
#[doc(hidden)]
pub use uuid;
