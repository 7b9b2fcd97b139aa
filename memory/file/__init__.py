"""The file: how it is opened, checked and mended, its schema, its writer, and the SQL of single rows."""
