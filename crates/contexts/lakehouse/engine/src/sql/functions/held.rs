//! What statements of callers may not do with functions: make much of little in one step.
//!
//! Memory of a step is counted once it is there. A text that is repeated a thousand million times is never there: the allocation
//! fails, and that ends the process. So such lengths are refused before, and functions that fill lists are not offered.
//!
//! Absent on purpose: limits for what grows by what is stored (`concat`, `string_agg`), which the types of texts bound at 2 GiB a
//! batch.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::{cast, kernels::length::length},
    datatypes::{DataType, FieldRef, Int64Type},
};
use datafusion::{
    common::DataFusionError,
    execution::FunctionRegistry as _,
    logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature},
    prelude::SessionContext,
};

/// Bytes that one call may make of one batch.
const MOST_BYTES: i64 = 64 << 20;
/// A character in UTF-8 at most.
const CHARACTER: i64 = 4;
/// Functions whose second argument says how long their text gets.
const LENGTHENING: [&str; 3] = ["repeat", "lpad", "rpad"];
/// Functions that fill lists; `generate_series` in `FROM` gives rows instead, a batch at a time.
const FILLING: [&str; 3] = ["range", "array_repeat", "array_resize"];

/// Holds a session's functions to what one statement may take.
pub(crate) fn hold(session: &SessionContext) {
    for name in FILLING {
        session.deregister_udf(name);
    }
    for name in LENGTHENING {
        if let Ok(inner) = session.udf(name) {
            session.register_udf(ScalarUDF::from(Held { inner }));
        }
    }
}

/// A function whose answers are bounded.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Held {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Held {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        self.inner.coerce_types(given)
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType, DataFusionError> {
        self.inner.return_type(given)
    }

    fn return_field_from_args(&self, given: ReturnFieldArgs<'_>) -> Result<FieldRef, DataFusionError> {
        self.inner.return_field_from_args(given)
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let rows =
            if given.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) { 1 } else { given.number_rows };
        let each = match given.args.as_slice() {
            [text, times, ..] if self.name() == "repeat" => longest(text)?.saturating_mul(most(&times.to_array(1)?)?),
            [_, to, ..] => most(&to.to_array(1)?)?.saturating_mul(CHARACTER),
            _ => 0,
        };
        let all = i64::try_from(rows).unwrap_or(i64::MAX).saturating_mul(each);
        if all > MOST_BYTES {
            let name = self.name();
            return Err(DataFusionError::Execution(format!(
                "`{name}` would make more than {} MiB of text: make it shorter, or of fewer rows",
                MOST_BYTES >> 20
            )));
        }
        self.inner.invoke_with_args(given)
    }
}

/// Bytes of the longest text.
fn longest(texts: &ColumnarValue) -> Result<i64, DataFusionError> {
    let texts = texts.to_array(1)?;
    if *texts.data_type() == DataType::Null { Ok(0) } else { most(&length(&texts)?) }
}

/// 0 where there is nothing but NULL.
fn most(numbers: &ArrayRef) -> Result<i64, DataFusionError> {
    let numbers = cast(numbers, &DataType::Int64)?;
    Ok(arrow::compute::max(numbers.as_primitive::<Int64Type>()).unwrap_or(0).max(0))
}
