-- Rows of two Cention servers must not meet under one name.
ALTER TABLE cention.workspace ADD COLUMN address text;
COMMENT ON COLUMN cention.workspace.address IS 'Host and path of the workspace at Cention; another address under the same name is refused (cention workspaces moved). Null until the next cention migrate.';
