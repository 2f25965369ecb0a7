package main

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const reason = "not today: ask in the morning – ü"

func insert(conn *sql.Conn, marker string, into string) (int64, error) {
	return run(conn, "insert into "+into+" (id) values (1) /* "+marker+" */")
}

func held(conn *sql.Conn) []scenario {
	refused := func(marker, into string) func() result {
		return func() result {
			_, err := insert(conn, marker, into)
			said := told(err)
			return result{"errno": said.Number, "state": string(said.SQLState[:]), "reason": strings.Contains(said.Message, reason), "detail": detailOf(said.Message), "after": after(conn)}
		}
	}
	return []scenario{
		{"approved", func() result { return result{"affected": must(insert(conn, "approved", "held"))} }},
		{"denied", refused("denied", "held")},
		{"denied-in-transaction", func() result { return inTransaction(conn, 3001, "denied-in-transaction") }},
		{"approved-in-transaction", func() result { return inTransaction(conn, 3002, "approved-in-transaction") }},
		{"expired", refused("expired", "hasty")},
		{"prepared", func() result {
			statement := must(conn.PrepareContext(background, "insert into held (id) values (?) /* prepared */"))
			defer statement.Close()
			results := []int64{}
			for id := 1; id <= 3; id++ {
				done, err := statement.Exec(id)
				if err != nil {
					results = append(results, int64(told(err).Number))
				} else {
					results = append(results, must(done.RowsAffected()))
				}
			}
			return result{"results": results, "after": after(conn)}
		}},
		{"batch", func() result {
			both := func() (int64, error) {
				return run(conn, "insert into items values (3003, 'in a batch', null); insert into held (id) values (1) /* batch */")
			}
			must(both())
			ran := kept(conn, 3003)
			do(conn, "delete from items where id = 3003")
			failed := errno(both())
			return result{"ran": ran, "kept": kept(conn, 3003), "errno": failed, "after": after(conn)}
		}},
		{"forbidden", refused("forbidden", "forbidden")},
		{"portions", func() result {
			rows, sum, err := drain(conn, "select id from vault order by id /* portions */")
			return result{"rows": rows, "sum": sum, "errno": errno(nil, err)}
		}},
		{"disconnected", disconnected},
	}
}

func kept(conn *sql.Conn, id int) int64 {
	return one(conn, "select count(*) from items where id = ?", id)
}

func inTransaction(conn *sql.Conn, id int, marker string) result {
	transaction := must(conn.BeginTx(background, nil))
	must(transaction.Exec("insert into items values (?, 'with held', null)", id))
	done, err := transaction.Exec("insert into held (id) values (1) /* " + marker + " */")
	answer := result{"errno": errno(nil, err)}
	if err == nil {
		answer = result{"affected": must(done.RowsAffected())}
	}
	var inside int64
	must(0, transaction.QueryRow("select 1").Scan(&inside))
	must(0, transaction.Commit())
	answer["inside"], answer["kept"] = inside, kept(conn, id)
	do(conn, "delete from items where id = ?", id)
	return answer
}

// Returns when a statement with this marker waits for approval.
func waits(marker string) {
	for {
		request := must(http.NewRequest("GET", os.Getenv("DB_REQUESTS"), nil))
		request.Header.Set("Authorization", "Bearer "+os.Getenv("DB_TOKEN"))
		response := must(http.DefaultClient.Do(request))
		body := must(io.ReadAll(response.Body))
		response.Body.Close()
		if strings.Contains(string(body), "/* "+marker+" */") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Cancelling the context makes the driver close its connection.
func disconnected() result {
	leaving := connect(false)
	context, leave := context.WithCancel(background)
	lost := make(chan error)
	go func() {
		_, err := leaving.ExecContext(context, "insert into held (id) values (1) /* disconnected */")
		lost <- err
	}()
	waits("disconnected")
	leave()
	return result{"lost": (<-lost).Error()}
}
