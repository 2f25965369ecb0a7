// GORM over go-sql-driver.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

type Author struct {
	ID        uint
	Name      string `gorm:"size:80;uniqueIndex"`
	Born      *time.Time
	Books     []Book
	DeletedAt gorm.DeletedAt
}

type Book struct {
	ID       uint
	Title    string `gorm:"size:200;index"`
	Price    float64
	Cover    []byte
	AuthorID uint
	Author   *Author
	Tags     []Tag `gorm:"many2many:book_tags"`
	MadeAt   time.Time `gorm:"autoCreateTime"`
}

type Tag struct {
	ID    uint
	Label string
}

func shop(db *gorm.DB) {
	m := db.Migrator()
	for range 2 {
		if err := db.AutoMigrate(&Author{}, &Tag{}, &Book{}); err != nil {
			panic(err)
		}
	}
	m.GetTables()
	m.ColumnTypes(&Book{})
	m.GetIndexes(&Book{})
	m.HasColumn(&Book{}, "title")
	m.CurrentDatabase()
	born := time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)
	ann := Author{Name: "Ann O'Hara", Born: &born, Books: []Book{{Title: "One", Price: 9.5, Cover: []byte{0, 39}, Tags: []Tag{{Label: "new"}}}, {Title: "Two"}}}
	db.Create(&ann)
	db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]Author{{Name: "Bob"}, {Name: "Cy"}})
	db.Clauses(clause.OnConflict{DoNothing: true}).Create(&Author{Name: "Bob"})
	db.Clauses(clause.Insert{Modifier: "IGNORE"}).Create(&Author{Name: "Bob"})
	var authors []Author
	var books []Book
	db.Preload("Books.Tags").Where("name LIKE ?", "A%").Order("name desc").Limit(5).Offset(0).Find(&authors)
	db.Joins("Author").Where("price > ? OR books.id IN ?", 1, []int{1, 2}).Not("title = ?", "x").Find(&books)
	db.First(&books)
	db.Take(&Book{}, 1)
	db.Where(Author{Name: "Dee"}).FirstOrCreate(&Author{})
	var n int64
	db.Model(&Book{}).Where("title <> ?", "x").Count(&n)
	var rows []map[string]any
	db.Model(&Book{}).Select("author_id, count(*) AS n, sum(price) AS total").Group("author_id").Having("count(*) > ?", 0).Find(&rows)
	db.Where("id IN (?)", db.Model(&Book{}).Select("author_id")).Find(&authors)
	db.Model(&Book{}).Distinct().Pluck("title", &[]string{})
	db.Model(&Book{}).Where("id = ?", 1).Updates(map[string]any{"price": gorm.Expr("price * ?", 2), "title": "Uno"})
	db.Save(&ann)
	db.Transaction(func(tx *gorm.DB) error {
		tx.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).First(&Book{}, 1)
		tx.Clauses(clause.Locking{Strength: "SHARE"}).First(&Book{}, 1)
		return tx.Transaction(func(inner *gorm.DB) error { inner.Create(&Tag{Label: "in"}); return fmt.Errorf("back") })
	})
	db.Raw("SELECT ? + ?", 1, 2).Scan(&n)
	db.Delete(&ann)
	db.Unscoped().Where("label = ?", "in").Delete(&Tag{})
	m.DropTable("book_tags", &Book{}, &Tag{}, &Author{})
}

func main() {
	dsn := fmt.Sprintf("%s:%s@tcp(%s:%s)/%s?charset=utf8mb4&parseTime=True&loc=UTC", os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), os.Getenv("DB_HOST"), os.Getenv("DB_PORT"), os.Getenv("DB_NAME"))
	for _, more := range []string{"", "&interpolateParams=true"} {
		db, err := gorm.Open(mysql.Open(dsn+more), &gorm.Config{PrepareStmt: more == "", Logger: logger.Discard})
		if err != nil {
			panic(err)
		}
		shop(db)
	}
	var versions []string
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "gorm.io/gorm" || dep.Path == "github.com/go-sql-driver/mysql" {
			versions = append(versions, dep.Path+" "+dep.Version)
		}
	}
	fmt.Println(strings.Join(versions, ", "))
}
