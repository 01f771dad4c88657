package storagetest

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Find looks for a text in every column of every table of a SQLite database, also of
// tables that are not ours, and returns where it stands: "slots.wanted", with the row.
// Capital and small letters of ASCII are not told apart.
func Find(ctx context.Context, db *sql.DB, text string) ([]string, error) {
	tables, err := column(ctx, db, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, table := range tables {
		columns, err := column(ctx, db, `SELECT name FROM pragma_table_info('`+table+`')`)
		if err != nil {
			return nil, err
		}
		for _, name := range columns {
			rows, err := column(ctx, db, fmt.Sprintf(`SELECT CAST(%q AS TEXT) FROM %q WHERE instr(lower(CAST(%q AS TEXT)), lower($1)) > 0`, name, table, name), text)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				found = append(found, table+"."+name+": "+row)
			}
		}
	}
	slices.Sort(found)
	return found, nil
}

func column(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(strings.Fields(query), " "), err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one sql.NullString
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one.String)
	}
	return all, rows.Err()
}
