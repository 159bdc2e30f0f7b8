//! The contract's shapes and formats: JSON documents, NDJSON, CSV, tables, trees, graphs. Shared by `cmd` and the console's export.
