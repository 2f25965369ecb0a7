import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;

/** What database tools ask: every method of DatabaseMetaData that gives rows, and DBeaver's own questions. */
public final class Metadata {
  /** As DBeaver's MySQL plugin has them (org.jkiss.dbeaver.ext.mysql), in its user's words of a session's start and of opening a table. */
  private static final String[] DBEAVER = {
    "SELECT DATABASE()", "SHOW ENGINES", "SHOW CHARSET", "SHOW COLLATION", "SHOW PLUGINS", "SELECT @@GLOBAL.character_set_server,@@GLOBAL.collation_server",
    "SHOW DATABASES", "SELECT * FROM information_schema.SCHEMATA", "SHOW FULL TABLES FROM `%s`", "SHOW TABLE STATUS FROM `%s`", "SHOW CREATE TABLE `%s`.`books`", "SHOW CREATE VIEW `%s`.`cheap`",
    "SELECT * FROM information_schema.TABLES WHERE TABLE_SCHEMA='%s'", "SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='%s' AND TABLE_NAME='books' ORDER BY ORDINAL_POSITION",
    "SELECT * FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA='%s' AND TABLE_NAME='books' ORDER BY SEQ_IN_INDEX",
    "SELECT kc.CONSTRAINT_NAME,kc.TABLE_NAME,kc.COLUMN_NAME,kc.ORDINAL_POSITION FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE kc WHERE kc.TABLE_SCHEMA='%s' AND kc.REFERENCED_TABLE_NAME IS NULL ORDER BY kc.CONSTRAINT_NAME,kc.ORDINAL_POSITION",
    "SELECT * FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA='%s' ORDER BY ROUTINE_NAME", "SELECT * FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA='%s'", "SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA='%s'",
    "SELECT * FROM INFORMATION_SCHEMA.PARTITIONS WHERE TABLE_SCHEMA='%s'", "SHOW GRANTS", "SHOW GLOBAL STATUS", "SHOW SESSION VARIABLES", "SHOW FULL PROCESSLIST", "SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE",
    "SELECT * FROM `%s`.books LIMIT 0, 200", "SELECT COUNT(*) FROM `%s`.books", "EXPLAIN EXTENDED SELECT * FROM `%s`.books", "SET SQL_SELECT_LIMIT=200", "SET SQL_SELECT_LIMIT=DEFAULT",
  };

  interface Question {
    ResultSet ask() throws SQLException;
  }

  public static void main(String[] args) throws Exception {
    String name = System.getenv("DB_NAME");
    try (var connection = DriverManager.getConnection(Where.url(args[0]), Where.user(), Where.password())) {
      DatabaseMetaData meta = connection.getMetaData();
      Question[] questions = {
        meta::getCatalogs, meta::getSchemas, meta::getTableTypes, meta::getTypeInfo, meta::getClientInfoProperties,
        () -> meta.getTables(name, null, "%", null), () -> meta.getTables(null, null, "bo_ks", new String[] {"TABLE", "VIEW"}), () -> meta.getColumns(name, null, "%", "%"),
        () -> meta.getPrimaryKeys(name, null, "books"), () -> meta.getImportedKeys(name, null, "books"), () -> meta.getExportedKeys(name, null, "authors"), () -> meta.getCrossReference(name, null, "authors", name, null, "books"),
        () -> meta.getIndexInfo(name, null, "books", false, true), () -> meta.getBestRowIdentifier(name, null, "books", DatabaseMetaData.bestRowSession, true), () -> meta.getVersionColumns(name, null, "books"),
        () -> meta.getColumnPrivileges(name, null, "books", "%"), () -> meta.getTablePrivileges(name, null, "%"), () -> meta.getProcedures(name, null, "%"), () -> meta.getProcedureColumns(name, null, "%", "%"),
        () -> meta.getFunctions(name, null, "%"), () -> meta.getFunctionColumns(name, null, "%", "%"), () -> meta.getUDTs(name, null, "%", null), () -> meta.getPseudoColumns(name, null, "%", "%"),
      };
      for (Question question : questions) {
        try (ResultSet rows = question.ask()) {
          while (rows.next()) rows.getObject(1);
        } catch (SQLException ignored) {
          // not supported: nothing was asked
        }
      }
      meta.getSQLKeywords();
      meta.getNumericFunctions();
      connection.isValid(5);
      connection.setReadOnly(true);
      connection.setReadOnly(false);
      connection.setTransactionIsolation(java.sql.Connection.TRANSACTION_READ_COMMITTED);
      connection.getTransactionIsolation();
      connection.setAutoCommit(false);
      var savepoint = connection.setSavepoint("here");
      connection.rollback(savepoint);
      connection.commit();
      connection.setAutoCommit(true);
      connection.setCatalog(name);
      for (String question : DBEAVER) {
        try (var statement = connection.createStatement()) {
          statement.execute(question.replace("%s", name));
        } catch (SQLException ignored) {
          // not in this flavour
        }
      }
      try (var statement = connection.prepareStatement("SELECT * FROM books WHERE id = ? AND title <> ?")) {
        statement.setInt(1, 1);
        statement.setString(2, "it's");
        statement.getMetaData();
        statement.getParameterMetaData();
        statement.executeQuery();
      }
      try (var statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
        statement.setMaxRows(10);
        statement.setQueryTimeout(5);
        statement.setFetchSize(args[0].equals("mysql") ? Integer.MIN_VALUE : 1);
        try (var rows = statement.executeQuery("SELECT * FROM books")) {
          while (rows.next()) rows.getObject(1);
        }
      }
      System.out.println(meta.getDriverName() + " " + meta.getDriverVersion().replaceAll(" .*", ""));
    }
  }
}
