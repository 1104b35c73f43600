//! Keys in SQL, by the suite of their port.

use std::sync::Arc;

use crypto::KeyStore;
use eventlog::{KEY_MIGRATIONS, SqlKeyStore};
use kernel::Timestamp;
use testkit::{Place, conformance, on_both};

on_both!(the_keys_conform);

async fn the_keys_conform(place: Place) {
    place.database.migrate(KEY_MIGRATIONS.to_vec(), Timestamp(0)).await.expect("migrated");
    let store: Arc<dyn KeyStore> = Arc::new(SqlKeyStore::new(place.database.clone()));
    conformance::keys(async || Arc::clone(&store)).await.expect("conforms");
}
