//! Cached values of our own types, as JSON.

use std::{future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Cache, CacheError, Keep, Key, LoadError, Loaded, Tag};

/// `Cache::get_or_load` for a type: the load gives the value, or `None` where there is no such thing, and its tags.
///
/// A cached text that is no `T` is dropped, so that the next call loads afresh. Give another form another name.
///
/// # Errors
/// Those of [`Cache::get_or_load`]; [`CacheError::Undecodable`].
pub async fn get_or_load_json<T, F>(cache: &dyn Cache, key: &Key, keep: Keep, load: F) -> Result<Option<T>, CacheError>
where
    T: Serialize + DeserializeOwned,
    F: Future<Output = Result<(Option<T>, Vec<Tag>), LoadError>> + Send + 'static,
{
    let name: Arc<str> = key.name().into();
    let load = Box::pin(async move {
        let (value, tags) = load.await?;
        loaded_json(&name, value.as_ref(), tags)
    });
    let Some(bytes) = cache.get_or_load(key, keep, load).await? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(Some(value)),
        Err(source) => {
            cache.remove(key).await?;
            Err(unconverted(key.name(), source))
        }
    }
}

fn loaded_json<T: Serialize>(name: &str, value: Option<&T>, tags: Vec<Tag>) -> Result<Loaded, LoadError> {
    let text = value.map(serde_json::to_vec).transpose();
    let value = text.map_err(|source| LoadError::new(unconverted(name, source)))?.map(Into::into);
    Ok(Loaded { value, tags })
}

fn unconverted(name: &str, source: serde_json::Error) -> CacheError {
    CacheError::Undecodable { name: name.into(), source: Arc::new(source) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::{ManualClock, WorkspaceId};

    use super::*;
    use crate::{CacheBounds, Lookup, MemoryCache};

    const MINUTE: Keep = Keep { present: Duration::from_mins(1), absent: Duration::from_mins(1) };

    fn fixture() -> (MemoryCache, Key) {
        let cache = MemoryCache::new(Arc::new(ManualClock::default()), CacheBounds::default());
        (cache, Key::new(WorkspaceId::new(), "names.v1"))
    }

    #[tokio::test]
    async fn a_value_comes_back_as_it_was_loaded_and_is_loaded_once() {
        let (cache, key) = fixture();
        let names = || Some(vec!["Ada".to_owned(), "Zoë".to_owned()]);
        let first = get_or_load_json(&cache, &key, MINUTE, async move { Ok((names(), Vec::new())) }).await.unwrap();
        let second = get_or_load_json(&cache, &key, MINUTE, async { Ok((None, Vec::new())) }).await.unwrap();
        assert_eq!((first, second), (names(), names()));
    }

    #[tokio::test]
    async fn what_is_absent_stays_absent_and_tags_are_kept() {
        let (cache, key) = fixture();
        let tag = Tag::new("person", 7);
        let tags = vec![tag.clone()];
        let absent: Option<u8> = get_or_load_json(&cache, &key, MINUTE, async move { Ok((None, tags)) }).await.unwrap();
        assert_eq!((absent, cache.get(&key).await.unwrap()), (None, Lookup::Absent));
        cache.invalidate(key.workspace(), &tag).await.unwrap();
        assert_eq!(cache.get(&key).await.unwrap(), Lookup::Unknown);
    }

    #[tokio::test]
    async fn a_value_of_another_form_is_refused_once_and_then_loaded_afresh() {
        let (cache, key) = fixture();
        get_or_load_json(&cache, &key, MINUTE, async { Ok((Some("text".to_owned()), Vec::new())) }).await.unwrap();
        let refusal = get_or_load_json::<u8, _>(&cache, &key, MINUTE, async { Ok((Some(1), Vec::new())) }).await;
        assert!(matches!(refusal, Err(CacheError::Undecodable { .. })), "{refusal:?}");
        let loaded = get_or_load_json(&cache, &key, MINUTE, async { Ok((Some(2_u8), Vec::new())) }).await.unwrap();
        assert_eq!(loaded, Some(2));
    }
}
