import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whatever must be the same through the proxy. */
final class Equal {
  private static final String LOCK = "'slow " + ProcessHandle.current().pid() + "'";
  private static final String SLOW = "select sum(l.got * a.id * b.id * c.id) as v from (select get_lock(" + LOCK + ", 0) as got) l, numbers a, numbers b, numbers c";
  private static final String UNICODE = "naïve – 漢字 🐘 \"q\" \\ ' end";
  private static final List<String> NAMES = List.of("nothing", "tiny", "whole", "big", "ubig", "exact_", "approx", "txt", "blank", "bytes", "at", "day", "clock", "doc", "bits");
  private static final String SHOWN = "select nothing, cast(tiny as char), cast(whole as char), cast(big as char), cast(ubig as char), cast(exact_ as char), cast(approx as char), txt, blank, hex(bytes),"
    + " cast(at as char), cast(day as char), cast(clock as char), cast(doc as char), cast(bits + 0 as char) from typed where id = ?";

  private final Connection connection;
  private final Sql sql;

  Equal(Connection connection) {
    this.connection = connection;
    sql = new Sql(connection);
  }

  Map<String, Main.Scenario> scenarios() {
    var all = new LinkedHashMap<String, Main.Scenario>();
    all.put("connect", this::connected);
    all.put("unprepared", this::unprepared);
    all.put("values", this::values);
    all.put("prepared", this::prepared);
    all.put("altered", this::altered);
    all.put("transactions", this::transactions);
    all.put("errors", this::errors);
    all.put("multi", this::multi);
    all.put("settings", this::settings);
    all.put("cancel", this::cancel);
    all.put("streamed", this::streamed);
    all.put("bulk", this::bulk);
    all.put("large", this::large);
    // Given an authority to trust, both take nothing but TLS.
    all.put("encrypted", () -> Main.map("encrypted", System.getenv("DB_CA") != null));
    return all;
  }

  private Map<String, Object> connected() throws SQLException {
    var meta = connection.getMetaData();
    return Main.map("one", sql.after(), "charset", sql.one("select @@character_set_client"), "native", List.of(meta.getDatabaseProductVersion(), meta.getURL().startsWith("jdbc:"), connection.isValid(5)));
  }

  private Map<String, Object> unprepared() throws SQLException {
    var several = new ArrayList<String>();
    try (var statement = connection.createStatement()) {
      for (boolean rows = statement.execute("select 1 as v; select 'two' as v; select 3 as v"); rows; rows = statement.getMoreResults()) {
        try (ResultSet result = statement.getResultSet()) {
          while (result.next()) several.add(result.getString(1));
        }
      }
    }
    return Main.map("answer", sql.number("select 42"), "several", several);
  }

  private Map<String, Object> values() throws SQLException {
    try (var preparing = Main.connectPreparing()) {
      return Main.map("prepared", shown(preparing, 1), "interpolated", shown(connection, 2));
    }
  }

  private static Map<String, Object> shown(Connection connection, int id) throws SQLException {
    Object[] parameters = {
      id, null, -128, 2147483647, Long.MIN_VALUE, new BigDecimal("18446744073709551615"), new BigDecimal("12345678901234567890.123456789"), 0.1, UNICODE, "", new byte[] {0, (byte) 0xff, 0x5c, 0x27},
      "2024-02-29 12:34:56.789", "1999-12-31", "12:34:56.789", "{\"a\": [1, null], \"ü\": \"🐘\"}", 165,
    };
    new Sql(connection).run("delete from typed where id > 0");
    try (var statement = connection.prepareStatement("insert into typed values (?" + ", ?".repeat(15) + ")")) {
      for (int index = 0; index < parameters.length; index++) statement.setObject(index + 1, parameters[index]);
      statement.executeUpdate();
    }
    var shown = new LinkedHashMap<String, Object>();
    try (var statement = connection.prepareStatement(SHOWN)) {
      statement.setInt(1, id);
      try (var rows = statement.executeQuery()) {
        rows.next();
        for (int index = 0; index < NAMES.size(); index++) shown.put(NAMES.get(index), rows.getString(index + 1));
      }
    }
    new Sql(connection).run("delete from typed where id = " + id);
    return shown;
  }

  private Map<String, Object> prepared() throws SQLException {
    long sum = 0;
    try (var preparing = Main.connectPreparing(); var statement = preparing.prepareStatement("select ? + 0")) {
      for (int value = 1; value <= 200; value++) {
        statement.setInt(1, value);
        try (var rows = statement.executeQuery()) {
          rows.next();
          sum += rows.getLong(1);
        }
      }
    }
    return Main.map("sum", sum);
  }

  /** What is prepared goes on when its table becomes another. */
  private Map<String, Object> altered() throws SQLException {
    var labels = new ArrayList<String>();
    try (var preparing = Main.connectPreparing(); var statement = preparing.prepareStatement("select label from altered where id = ?")) {
      for (String change : List.of("add column more int", "drop column more", "comment = 'as it was'")) {
        statement.setInt(1, 1);
        try (var rows = statement.executeQuery()) {
          rows.next();
          labels.add(rows.getString(1));
        }
        sql.run("alter table altered " + change);
      }
    }
    return Main.map("labels", labels);
  }

  private long count(int id) throws SQLException {
    return sql.number("select count(*) from items where id = ?", id);
  }

  private Map<String, Object> transactions() throws Exception {
    connection.setAutoCommit(false);
    sql.run("insert into items values (1, 'committed', null)");
    connection.commit();
    connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    sql.run("insert into items values (2, 'rolled back', null)");
    connection.rollback();
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    sql.run("insert into items values (3, 'before', null)");
    var savepoint = connection.setSavepoint("s");
    Integer errno = Sql.errno(() -> sql.run("insert into items values (3, 'again', null)"));
    connection.rollback(savepoint);
    connection.commit();
    connection.setAutoCommit(true);
    var result = Main.map("committed", count(1), "rolledBack", count(2), "savepoint", count(3), "errno", errno, "after", sql.after());
    sql.run("delete from items where id between 1 and 3");
    return result;
  }

  private Map<String, Object> errors() throws Exception {
    sql.run("insert into items values (10, 'ten', null)");
    var states = new ArrayList<String>();
    for (String text : List.of("insert into items values (10, 'ten', null)", "select nothing from items", "select 1 +")) states.add(Sql.error(() -> sql.several(text)).getSQLState());
    var result = Main.map(
      "syntax", Sql.errno(() -> sql.run("selekt 1")), "unique", Sql.errno(() -> sql.run("insert into items values (?, ?, ?)", 10, "ten", null)), "notNull", Sql.errno(() -> sql.run("insert into items values (11, null, null)")),
      "table", Sql.errno(() -> sql.one("select * from no_such_table")), "check", Sql.errno(() -> sql.run("insert into items values (11, 'x', -1)")), "range", Sql.errno(() -> sql.run("insert into items values (?, 'x', 1)", 99999999999L)),
      "after", sql.after(), "native", states);
    sql.run("delete from items where id = 10");
    return result;
  }

  private Map<String, Object> multi() throws Exception {
    int inserted = sql.run("insert into items values (20, 'multi', null); delete from items where id = 20");
    Integer errno = Sql.errno(() -> sql.several("select 1; select * from no_such_table; select 3"));
    return Main.map("inserted", inserted, "errno", errno, "after", sql.after());
  }

  private Map<String, Object> settings() throws Exception {
    try (var own = Main.connect("useResetConnection", "true")) {
      var mine = new Sql(own);
      mine.run("set @x = 5");
      long kept = mine.number("select @x");
      int warning;
      try (var statement = own.createStatement(); var rows = statement.executeQuery("select cast('abc' as signed)")) {
        rows.next();
        warning = statement.getWarnings().getErrorCode();
      }
      String catalog = own.getCatalog();
      own.setCatalog("information_schema");
      Object moved = mine.one("select database()");
      own.setCatalog(catalog);
      own.setReadOnly(true);
      own.setReadOnly(false);
      // COM_RESET_CONNECTION, each driver by a method of its own.
      for (var method : own.getClass().getMethods()) {
        if (Main.connector.equals("mysql") ? method.getName().equals("resetServerState") : method.getName().equals("reset") && method.getParameterCount() == 0) method.invoke(own);
      }
      return Main.map("kept", kept, "warning", warning, "reset", mine.one("select @x"), "native", moved);
    }
  }

  private Map<String, Object> cancel() throws Exception {
    try (var other = Main.connect(); var statement = connection.createStatement()) {
      Integer[] errno = new Integer[1];
      var running = new Thread(() -> {
        try {
          errno[0] = Sql.errno(() -> statement.executeQuery(SLOW));
        } catch (Exception error) {
          errno[0] = -1;
        }
      });
      running.start();
      while (new Sql(other).number("select is_used_lock(" + LOCK + ") is not null") == 0) Thread.sleep(20);
      statement.cancel();
      running.join();
      return Main.map("errno", errno[0], "after", sql.after());
    }
  }

  /** Through a cursor of the server's. */
  private Map<String, Object> streamed() throws SQLException {
    long rows = 0;
    long sum = 0;
    try (var preparing = Main.connectPreparing("useCursorFetch", "true"); var statement = preparing.prepareStatement("select (a.id - 1) * 5 + b.id as id from numbers a join numbers b on b.id <= 5")) {
      statement.setFetchSize(700);
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          rows++;
          sum += result.getLong(1);
        }
      }
    }
    return Main.map("rows", rows, "sum", sum);
  }

  private Map<String, Object> bulk() throws Exception {
    try (var own = Main.connect("rewriteBatchedStatements", "true", "useBulkStmts", "true")) {
      int inserted = 0;
      try (var statement = own.prepareStatement("insert into items values (?, ?, ?)")) {
        for (int id = 1000; id < 1500; id++) add(statement, id);
        for (int count : statement.executeBatch()) inserted += count == java.sql.Statement.SUCCESS_NO_INFO ? 1 : count;
        for (int id = 1000; id < 1002; id++) add(statement, id);
        Integer errno = Sql.errno(statement::executeBatch);
        sql.run("delete from items where id >= 1000");
        return Main.map("inserted", inserted, "errno", errno, "after", new Sql(own).after());
      }
    }
  }

  private static void add(java.sql.PreparedStatement statement, int id) throws SQLException {
    statement.setInt(1, id);
    statement.setString(2, "in bulk");
    statement.setBigDecimal(3, new BigDecimal("1.5"));
    statement.addBatch();
  }

  private Map<String, Object> large() throws SQLException {
    long rows = 0;
    long sum = 0;
    try (var statement = connection.createStatement(); var result = statement.executeQuery("select (a.id - 1) * 50 + b.id as id, repeat(b.id, 5) as label from numbers a join numbers b on b.id <= 50")) {
      while (result.next()) {
        rows++;
        sum += result.getLong(1);
      }
    }
    int wide = ((String) sql.one("select repeat('ab', 9000000)")).length();
    try (var preparing = Main.connectPreparing()) {
      return Main.map("rows", rows, "sum", sum, "wide", wide, "sent", new Sql(preparing).number("select length(?)", "x".repeat(18_000_000)));
    }
  }
}
