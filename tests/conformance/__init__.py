"""What others define and we must meet: published courses, schemas, standards."""
