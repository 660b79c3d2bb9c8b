"""What all doors share: a door as data, its documents, refusals as problem documents."""
