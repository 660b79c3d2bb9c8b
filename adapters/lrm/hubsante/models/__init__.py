"""The official models of a deployment: schemas, shapes, code lists."""
