package main

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"time"
)

const unicode = "na\u00efve \u2013 \u6f22\u5b57 \U0001f418 \"q\" \\ ' end"

var names = []string{"nothing", "tiny", "whole", "big", "ubig", "exact_", "approx", "txt", "blank", "bytes", "at", "day", "clock", "doc", "bits"}

const shown = `select nothing, cast(tiny as char) tiny, cast(whole as char) whole, cast(big as char) big, cast(ubig as char) ubig, cast(exact_ as char) exact_, cast(approx as char) approx,
  txt, blank, hex(bytes) bytes, cast(at as char) at, cast(day as char) day, cast(clock as char) clock, cast(doc as char) doc, cast(bits + 0 as char) bits from typed where id = ?`

func equal(conn *sql.Conn) []scenario {
	return []scenario{
		{"connect", func() result {
			return result{"one": after(conn), "charset": text(conn, "select @@character_set_client"), "native": []string{text(conn, "select version()"), text(conn, "select @@sql_mode")}}
		}},
		{"unprepared", func() result { return unprepared(conn) }},
		{"values", func() result {
			interpolating := connect(true)
			defer interpolating.Close()
			return result{"prepared": values(conn, 1), "interpolated": values(interpolating, 2)}
		}},
		{"prepared", func() result {
			statement := must(conn.PrepareContext(background, "select ? + 0"))
			defer statement.Close()
			sum := 0.0
			for number := 1; number <= 200; number++ {
				var value float64
				if err := statement.QueryRow(number).Scan(&value); err != nil {
					panic(err)
				}
				sum += value
			}
			return result{"sum": sum}
		}},
		{"altered", func() result {
			statement := must(conn.PrepareContext(background, "select label from altered where id = ?"))
			defer statement.Close()
			labels := []string{}
			for _, change := range []string{"add column more int", "drop column more", "comment = 'as it was'"} {
				var label string
				if err := statement.QueryRow(1).Scan(&label); err != nil {
					panic(err)
				}
				labels = append(labels, label)
				do(conn, "alter table altered "+change)
			}
			return result{"labels": labels}
		}},
		{"transactions", func() result { return transactions(conn) }},
		{"errors", func() result { return serverErrors(conn) }},
		{"multi", func() result {
			inserted := do(conn, "insert into items values (20, 'multi', null); delete from items where id = 20")
			_, _, err := drain(conn, "select 1; select id from no_such_table; select 3")
			return result{"inserted": inserted, "errno": errno(nil, err), "after": after(conn)}
		}},
		{"settings", func() result {
			do(conn, "set @x = 5")
			kept := one(conn, "select @x")
			one(conn, "select cast('abc' as signed)")
			var level, message string
			var code int
			if err := conn.QueryRowContext(background, "show warnings").Scan(&level, &code, &message); err != nil {
				panic(err)
			}
			return result{"kept": kept, "warning": code, "native": []string{level, message}}
		}},
		{"streamed", func() result {
			rows, sum, err := drain(conn, "select (a.id - 1) * 5 + b.id as id from numbers a join numbers b on b.id <= 5")
			return result{"rows": rows, "sum": sum, "errno": errno(nil, err)}
		}},
		{"bulk", func() result {
			statement := must(conn.PrepareContext(background, "insert into items values (?, ?, ?)"))
			defer statement.Close()
			inserted := int64(0)
			for number := 0; number < 500; number++ {
				inserted += must(must(statement.Exec(1000+number, "in bulk", 1.5)).RowsAffected())
			}
			failed := errno(statement.Exec(1000, "again", nil))
			do(conn, "delete from items where id >= 1000")
			return result{"inserted": inserted, "errno": failed, "after": after(conn)}
		}},
		{"large", func() result {
			rows, sum, err := drain(conn, "select (a.id - 1) * 50 + b.id as id from numbers a join numbers b on b.id <= 50")
			wide := len(text(conn, "select repeat('ab', 9000000)"))
			return result{"rows": rows, "sum": sum, "wide": wide, "sent": one(conn, "select length(?)", strings.Repeat("x", 18_000_000)), "errno": errno(nil, err)}
		}},
		// Given an authority to trust, the driver takes nothing but TLS.
		{"encrypted", func() result { return result{"encrypted": os.Getenv("DB_CA") != ""} }},
	}
}

func unprepared(conn *sql.Conn) result {
	rows := must(conn.QueryContext(background, "select 1 as v; select 'two' as v; select 3 as v"))
	defer rows.Close()
	several := []string{}
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				panic(err)
			}
			several = append(several, value)
		}
	}
	rows.Close()
	return result{"answer": one(conn, "select 42"), "several": several}
}

func values(conn *sql.Conn, id int) map[string]any {
	bytes := must(hex.DecodeString("00ff5c27"))
	at := time.Date(2024, 2, 29, 12, 34, 56, 789_000_000, time.UTC)
	parameters := []any{
		id, nil, -128, 2147483647, int64(-9223372036854775808), uint64(18446744073709551615), "12345678901234567890.123456789", 0.1, unicode, "", bytes, at, "1999-12-31", "12:34:56.789",
		`{"a": [1, null], "ü": "🐘"}`, 165,
	}
	do(conn, "delete from typed where id > 0")
	do(conn, "insert into typed values (?"+strings.Repeat(", ?", 15)+")", parameters...)
	found := make([]sql.NullString, len(names))
	places := make([]any, len(names))
	for index := range found {
		places[index] = &found[index]
	}
	if err := conn.QueryRowContext(background, shown, id).Scan(places...); err != nil {
		panic(err)
	}
	do(conn, "delete from typed where id = ?", id)
	answer := map[string]any{}
	for index, name := range names {
		if found[index].Valid {
			answer[name] = found[index].String
		} else {
			answer[name] = nil
		}
	}
	return answer
}

func transactions(conn *sql.Conn) result {
	count := func(id int) int64 { return one(conn, "select count(*) from items where id = ?", id) }
	first := must(conn.BeginTx(background, nil))
	must(first.Exec("insert into items values (1, 'committed', null)"))
	must(0, first.Commit())
	second := must(conn.BeginTx(background, &sql.TxOptions{Isolation: sql.LevelSerializable}))
	must(second.Exec("insert into items values (2, 'rolled back', null)"))
	must(0, second.Rollback())
	third := must(conn.BeginTx(background, nil))
	must(third.Exec("insert into items values (3, 'before', null)"))
	must(third.Exec("savepoint s"))
	failed := errno(third.Exec("insert into items values (3, 'again', null)"))
	must(third.Exec("rollback to s"))
	must(0, third.Commit())
	answer := result{"committed": count(1), "rolledBack": count(2), "savepoint": count(3), "errno": failed, "after": after(conn)}
	do(conn, "delete from items where id between 1 and 3")
	return answer
}

func serverErrors(conn *sql.Conn) result {
	do(conn, "insert into items values (10, 'ten', null)")
	native := []string{}
	for _, query := range []string{"insert into items values (10, 'ten', null)", "select nothing from items", "select 1 +"} {
		_, err := run(conn, query)
		native = append(native, fmt.Sprint(told(err).Number, string(told(err).SQLState[:]), told(err).Message))
	}
	answer := result{
		"syntax": errno(run(conn, "selekt 1")), "unique": errno(run(conn, "insert into items values (?, ?, ?)", 10, "ten", nil)), "notNull": errno(run(conn, "insert into items values (11, null, null)")),
		"table": errno(run(conn, "select * from no_such_table")), "check": errno(run(conn, "insert into items values (11, 'x', -1)")), "range": errno(run(conn, "insert into items values (?, 'x', 1)", 99999999999)),
		"after": after(conn), "native": native,
	}
	do(conn, "delete from items where id = 10")
	return answer
}
