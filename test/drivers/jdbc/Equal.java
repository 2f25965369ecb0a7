import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

final class Equal {
  private static final String SLOW = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b";
  private static final String SLOW_RUNS = "select exists (select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and clock_timestamp() - query_start > interval '100 ms')";
  private static final String UNICODE = "na\u00efve \u2013 \u6f22\u5b57 \ud83d\udc18 \"q\" \\ ' end";

  private final Connection connection;
  private final Sql sql;

  Equal(Connection connection) {
    this.connection = connection;
    this.sql = new Sql(connection);
  }

  Map<String, Main.Scenario> scenarios() {
    var all = new LinkedHashMap<String, Main.Scenario>();
    all.put("connect", this::connected);
    all.put("unprepared", this::unprepared);
    all.put("values", this::values);
    all.put("prepared", this::prepared);
    all.put("transactions", this::transactions);
    all.put("errors", this::errors);
    all.put("copy", this::copy);
    all.put("copy-failed", this::copyFailed);
    all.put("cancel", this::cancel);
    all.put("notify", this::notified);
    all.put("cursor", this::cursor);
    all.put("pipeline", this::pipeline);
    all.put("large", this::large);
    all.put("catalog", this::catalog);
    all.put("encrypted", () -> Main.map("encrypted", System.getenv().containsKey("PGSSLROOTCERT")));
    return all;
  }

  private Map<String, Object> connected() throws SQLException {
    var data = connection.getMetaData();
    return Main.map("one", sql.after(), "encoding", sql.one("show client_encoding"), "native",
        List.of(data.getDatabaseProductVersion(), connection.getTransactionIsolation(), connection.getSchema(), connection.isValid(5)));
  }

  private Map<String, Object> unprepared() throws SQLException {
    var several = new ArrayList<Object>();
    try (var statement = connection.createStatement()) {
      boolean rows = statement.execute("select 1 as a; select 'two' as b; select 3 as c where false");
      for (; rows; rows = statement.getMoreResults()) several.add(table(statement.getResultSet()));
    }
    // Simple Query messages: the driver puts the parameters into the text itself.
    try (var simple = connection.prepareStatement("select ?::text, ?::int")) {
      simple.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(0);
      simple.setString(1, "it's \\ here");
      simple.setInt(2, 7);
      several.add(table(simple.executeQuery()));
    }
    return Main.map("answer", sql.one("select 42"), "native", several);
  }

  private static List<Object> table(java.sql.ResultSet rows) throws SQLException {
    var all = new ArrayList<Object>();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      var row = new LinkedHashMap<String, Object>();
      for (int index = 1; index <= columns; index++) {
        String name = rows.getMetaData().getColumnName(index);
        // The database's own name is another on the other way.
        if (!name.endsWith("_CAT") && !name.endsWith("_CATALOG")) row.put(name, rows.getString(index));
      }
      all.add(row);
    }
    return all;
  }

  private Map<String, Object> values() throws SQLException {
    var values = new LinkedHashMap<String, Object[]>();
    values.put("null", new Object[] {"text", null});
    values.put("bool", new Object[] {"bool", true});
    values.put("int2", new Object[] {"int2", (short) -32768});
    values.put("int4", new Object[] {"int4", 2147483647});
    values.put("int8", new Object[] {"int8", 9007199254740993L});
    values.put("numeric", new Object[] {"numeric", new BigDecimal("12345678901234567890.123456789")});
    values.put("float8", new Object[] {"float8", 0.1});
    values.put("text", new Object[] {"text", UNICODE});
    values.put("empty", new Object[] {"text", ""});
    values.put("bytea", new Object[] {"bytea", new byte[] {0, (byte) 0xff, 0x5c, 0x27}});
    values.put("int_array", new Object[] {"int4[]", connection.createArrayOf("int4", new Object[] {1, null, 3})});
    values.put("text_array", new Object[] {"text[]", connection.createArrayOf("text", new Object[] {"a,b", "\"", null})});
    values.put("jsonb", new Object[] {"jsonb", "{\"a\":[1,null],\"\u00fc\":\"\ud83d\udc18\"}"});
    values.put("timestamptz", new Object[] {"timestamptz", OffsetDateTime.parse("2024-02-29T12:34:56.789Z")});
    values.put("date", new Object[] {"date", LocalDate.parse("1999-12-31")});
    values.put("uuid", new Object[] {"uuid", UUID.fromString("0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77")});
    var shown = new LinkedHashMap<String, Object>();
    var all = new ArrayList<Object>();
    for (var value : values.entrySet()) {
      String type = (String) value.getValue()[0];
      try (var statement = connection.prepareStatement("select ?::" + type + " as value, (?::" + type + ")::text as shown")) {
        // The second time the driver knows the types and uses binary formats.
        for (int turn = 0; turn < 2; turn++) {
          for (int index = 1; index <= 2; index++) set(statement, index, value.getValue()[1]);
          try (var rows = statement.executeQuery()) {
            rows.next();
            shown.put(value.getKey(), rows.getString("shown"));
            Object back = rows.getObject("value");
            all.add(back instanceof byte[] bytes ? Arrays.toString(bytes) : back);
            all.add(rows.getMetaData().getColumnTypeName(1));
          }
        }
      }
    }
    return Main.map("shown", shown, "native", all);
  }

  private static void set(java.sql.PreparedStatement statement, int index, Object value) throws SQLException {
    if (value == null) statement.setNull(index, Types.VARCHAR);
    else statement.setObject(index, value);
  }

  private Map<String, Object> prepared() throws SQLException {
    int sum = 0;
    try (var statement = connection.prepareStatement("select ?::int4 + 0 /* reused */")) {
      for (int value = 1; value <= 200; value++) {
        statement.setInt(1, value);
        var rows = statement.executeQuery();
        rows.next();
        sum += rows.getInt(1);
      }
      return Main.map("sum", sum, "kept", sql.number("select count(*) from pg_prepared_statements where statement like '%/* reused' || ' */'"));
    }
  }

  private Map<String, Object> transactions() throws Exception {
    connection.setAutoCommit(false);
    sql.run("insert into items values (1, 'committed')");
    connection.commit();
    sql.run("insert into items values (2, 'rolled back')");
    connection.rollback();
    sql.run("insert into items values (3, 'before')");
    var savepoint = connection.setSavepoint("s");
    String state = sql.state("insert into items values (3, 'again')");
    connection.rollback(savepoint);
    connection.commit();
    sql.state("select 1 / 0");
    String inFailed = sql.state("select 1");
    connection.rollback();
    connection.setAutoCommit(true);
    var result = Main.map("committed", count(1), "rolledBack", count(2), "savepoint", count(3), "state", state, "inFailed", inFailed, "after", sql.after());
    sql.run("delete from items where id between 1 and 3");
    return result;
  }

  private int count(int id) throws SQLException {
    return sql.number("select count(*) from items where id = ?", id);
  }

  private Map<String, Object> errors() throws Exception {
    sql.run("insert into items values (10, 'ten')");
    var all = new ArrayList<Object>();
    for (String text : List.of("insert into items values (10, 'ten')", "select nothing from items", "select 1 +")) {
      var fields = Sql.fields(Sql.error(() -> sql.run(text)));
      all.add(Arrays.asList(fields.getSeverity(), fields.getMessage(), fields.getDetail(), fields.getHint(), fields.getPosition(), fields.getConstraint(), fields.getTable()));
    }
    var result = Main.map(
        "syntax", sql.state("selekt 1"), "unique", sql.state("insert into items values (10, 'ten')"), "check", sql.state("insert into items values (11, 'x', -1)"),
        "notNull", sql.state("insert into items values (11, null)"), "table", sql.state("select * from no_such_table"), "division", sql.state("select 1 / 0"),
        "invalid", Sql.state(() -> sql.one("select ?::text::int", "x")), "after", sql.after(), "native", all);
    sql.run("delete from items where id = 10");
    return result;
  }

  private CopyManager copies() throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI();
  }

  private Map<String, Object> copy() throws Exception {
    sql.run("delete from bulk where id > 0");
    var into = copies().copyIn("copy bulk from stdin");
    for (int id = 1; id <= 200_000; id += 1000) {
      var piece = new StringBuilder();
      for (int row = id; row < id + 1000; row++) piece.append(row).append("\tlabel ").append(row).append('\n');
      byte[] bytes = piece.toString().getBytes(StandardCharsets.UTF_8);
      into.writeToCopy(bytes, 0, bytes.length);
    }
    into.endCopy();
    var digest = MessageDigest.getInstance("SHA-256");
    var count = sql.one("select count(*) from bulk");
    var sum = sql.one("select sum(id) from bulk");
    try (var out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      copies().copyOut("copy (select id, label from bulk order by id) to stdout", out);
    }
    sql.run("delete from bulk where id > 0");
    return Main.map("count", count, "sum", sum, "out", HexFormat.of().formatHex(digest.digest()));
  }

  private Map<String, Object> copyFailed() throws Exception {
    String bad = Sql.state(() -> copies().copyIn("copy bulk from stdin", new ByteArrayInputStream("1\tone\nx\ttwo\n".getBytes(StandardCharsets.UTF_8))));
    var given = copies().copyIn("copy bulk from stdin");
    given.writeToCopy("1\tone\n".getBytes(StandardCharsets.UTF_8), 0, 6);
    given.cancelCopy();
    return Main.map("bad", bad, "after", sql.after(), "native", sql.one("select count(*) from bulk"));
  }

  private Map<String, Object> cancel() throws Exception {
    // A simple query: a cancel that falls between a Parse and its Execute is forgotten by the server.
    try (Connection running = Main.connect("preferQueryMode", "simple"); Statement statement = running.createStatement()) {
      var cancelling = new Thread(() -> {
        try {
          while (sql.one(SLOW_RUNS).equals(false)) Thread.sleep(20);
          statement.cancel();
        } catch (Exception error) {
          error.printStackTrace();
        }
      });
      cancelling.start();
      String state = Sql.state(() -> statement.execute(SLOW));
      cancelling.join();
      return Main.map("state", state, "after", new Sql(running).after());
    }
  }

  private Map<String, Object> notified() throws SQLException {
    try (Connection listener = Main.connect()) {
      new Sql(listener).run("listen news");
      sql.run("notify news, 'hello \u00fc'");
      return Main.map("payload", listener.unwrap(PGConnection.class).getNotifications(20_000)[0].getParameter());
    }
  }

  /** With a fetch size, in a transaction, the driver runs a portal in portions. */
  private Map<String, Object> cursor() throws SQLException {
    connection.setAutoCommit(false);
    int rows = 0;
    int sum = 0;
    try (var statement = connection.prepareStatement("select g from generate_series(1, ?) g")) {
      statement.setFetchSize(700);
      statement.setInt(1, 10_000);
      for (var all = statement.executeQuery(); all.next(); rows++) sum += all.getInt(1);
    }
    connection.commit();
    connection.setAutoCommit(true);
    return Main.map("rows", rows, "sum", sum);
  }

  private Map<String, Object> pipeline() throws Exception {
    int inserted;
    try (var statement = connection.prepareStatement("insert into items values (?, ?)")) {
      for (int id = 1000; id < 1500; id++) {
        statement.setInt(1, id);
        statement.setString(2, "piped");
        statement.addBatch();
      }
      inserted = Arrays.stream(statement.executeBatch()).sum();
    }
    String state;
    try (var statement = connection.prepareStatement("update items set price = 1 / ? where id = 1000")) {
      for (int divisor : new int[] {1, 0, 2}) {
        statement.setInt(1, divisor);
        statement.addBatch();
      }
      state = Sql.state(statement::executeBatch);
    }
    var result = Main.map("inserted", inserted, "state", state, "after", sql.after(), "native", sql.one("select price from items where id = 1000"));
    sql.run("delete from items where id >= 1000");
    return result;
  }

  private Map<String, Object> large() throws SQLException {
    int rows = 0;
    long sum = 0;
    try (var statement = connection.prepareStatement("select g, repeat(g::text, 5) from generate_series(1, 100000) g"); var all = statement.executeQuery()) {
      for (; all.next(); rows++) sum += all.getInt(1);
    }
    return Main.map("rows", rows, "sum", sum, "wide", ((String) sql.one("select repeat(?, 2500000)", "ab")).length());
  }

  /** What tools on top of JDBC ask. */
  private Map<String, Object> catalog() throws SQLException {
    var data = connection.getMetaData();
    var all = new LinkedHashMap<String, Object>();
    all.put("tables", table(data.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"})));
    all.put("columns", table(data.getColumns(null, "public", "items", "%")));
    all.put("keys", table(data.getPrimaryKeys(null, "public", "items")));
    all.put("indexes", table(data.getIndexInfo(null, "public", "items", false, false)));
    all.put("foreign", table(data.getImportedKeys(null, "public", "items")));
    all.put("schemas", table(data.getSchemas()));
    all.put("types", table(data.getTypeInfo()).size());
    all.put("functions", table(data.getFunctions(null, "public", "%")));
    all.put("procedures", table(data.getProcedures(null, "public", "%")));
    all.put("privileges", table(data.getTablePrivileges(null, "public", "items")));
    return all;
  }
}
