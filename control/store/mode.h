// Who may read the database's files.
#pragma once

// Makes the database's file where there is none, and sets the mode of it and of what lies beside
// it, which other tools or an older version may have left readable for nobody, or for everybody.
// Before SQLite opens them: a descriptor that is closed later takes SQLite's locks with it.
void store_mode(const char *directory, const char *name);
