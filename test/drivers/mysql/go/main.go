// go-sql-driver: run with `equal` or `held`. Prints one line of JSON a scenario.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/go-sql-driver/mysql"
)

type result = map[string]any

type scenario struct {
	name string
	run  func() result
}

var background = context.Background()

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// One connection of a pool of its own. `interpolate`: parameters are written into the text.
func connect(interpolate bool) *sql.Conn {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.Net, config.Addr, config.DBName = os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), "tcp", "127.0.0.1:"+os.Getenv("DB_PORT"), os.Getenv("DB_NAME")
	config.InterpolateParams, config.MultiStatements, config.MaxAllowedPacket = interpolate, true, 64<<20
	config.Collation = "utf8mb4_general_ci"
	if file := os.Getenv("DB_CA"); file != "" {
		trusted := x509.NewCertPool()
		trusted.AppendCertsFromPEM(must(os.ReadFile(file)))
		config.TLS = &tls.Config{RootCAs: trusted, ServerName: "127.0.0.1"}
	}
	return must(sql.OpenDB(must(mysql.NewConnector(config))).Conn(background))
}

func run(conn *sql.Conn, text string, values ...any) (int64, error) {
	done, err := conn.ExecContext(background, text, values...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

func do(conn *sql.Conn, text string, values ...any) int64 {
	return must(run(conn, text, values...))
}

func one(conn *sql.Conn, text string, values ...any) int64 {
	var value int64
	if err := conn.QueryRowContext(background, text, values...).Scan(&value); err != nil {
		panic(err)
	}
	return value
}

func text(conn *sql.Conn, query string, values ...any) string {
	var value string
	if err := conn.QueryRowContext(background, query, values...).Scan(&value); err != nil {
		panic(err)
	}
	return value
}

func after(conn *sql.Conn) int64 {
	return one(conn, "select 1")
}

// The server's number, state and sentence; zero when there was no error.
func told(err error) *mysql.MySQLError {
	var said *mysql.MySQLError
	if errors.As(err, &said) {
		return said
	}
	if err != nil {
		panic(err)
	}
	return &mysql.MySQLError{}
}

func errno(_ any, err error) int {
	return int(told(err).Number)
}

var detail = regexp.MustCompile(`\{"code":"(\w+)".*\}$`)

func detailOf(message string) any {
	if found := detail.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return nil
}

// All rows, read; the error may come with any of them.
func drain(conn *sql.Conn, query string, values ...any) (count, sum int64, err error) {
	rows, err := conn.QueryContext(background, query, values...)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	for {
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return count, sum, err
			}
			count, sum = count+1, sum+id
		}
		if !rows.NextResultSet() {
			return count, sum, rows.Err()
		}
	}
}

func report(each scenario) {
	line := map[string]any{"scenario": each.name}
	func() {
		defer func() {
			if trouble := recover(); trouble != nil {
				line["failed"] = fmt.Sprint(trouble)
			}
		}()
		line["result"] = each.run()
	}()
	fmt.Println(string(must(json.Marshal(line))))
}

func main() {
	conn := connect(false)
	all := equal(conn)
	if os.Args[1] == "held" {
		all = held(conn)
	}
	for _, each := range all {
		report(each)
	}
	conn.Close()
}
