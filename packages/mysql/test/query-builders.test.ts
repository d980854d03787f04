import "reflect-metadata";
import { type Mariadb, requireLeg, startMariadb } from "@minicluster/servers";
import { sql as drizzleSql, eq } from "drizzle-orm";
import { bigint, int, mysqlTable } from "drizzle-orm/mysql-core";
import { drizzle } from "drizzle-orm/mysql2";
import knexOf from "knex";
import { type Generated, Kysely, MysqlDialect, type MysqlPool, sql } from "kysely";
import { DataTypes, type Model, type ModelStatic, Sequelize } from "sequelize";
import { DataSource, EntitySchema } from "typeorm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sequelizeOptions } from "../src/index.ts";
import { fixture } from "./fixture.ts";
import { throughRotations } from "./orm-load.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)(`query builders, through rotations${missing ? ` (${missing})` : ""}`, () => {
  let maria: Mariadb;
  beforeAll(async () => {
    maria = await startMariadb();
  });
  afterAll(() => maria?.close());

  test("Knex: queries, transactions and streams", async () => {
    const made = await fixture(maria, { database: "knex" });
    const knex = knexOf({ client: "mysql2", connectionPool: made.pool.pool as never });
    await throughRotations(made, async (number) => {
      if (number % 10 === 9) {
        await knex.transaction(async (trx) => {
          await trx("t").insert({ n: number });
          await trx.raw("DO SLEEP(0.02)");
        });
      } else if (number % 50 === 1) {
        for await (const row of knex("t").select("n").limit(5).stream()) expect(row).toHaveProperty("n");
      } else await knex("t").where({ id: number }).first();
    });
    await knex.destroy();
    await made.close();
  });

  test("Kysely: queries and transactions", async () => {
    const made = await fixture(maria, { database: "kysely" });
    interface Tables {
      t: { id: Generated<number>; n: number };
    }
    const pool = made.pool.pool as unknown as MysqlPool;
    const kysely = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
    await throughRotations(made, async (number) => {
      if (number % 10 === 9) {
        await kysely.transaction().execute(async (trx) => {
          await trx.insertInto("t").values({ n: number }).execute();
          await sql`DO SLEEP(0.02)`.execute(trx);
        });
      } else await kysely.selectFrom("t").selectAll().where("id", "=", number).execute();
    });
    await kysely.destroy();
    expect(made.pool.stats.open).toBe(0);
  });

  test("Drizzle: queries and transactions", async () => {
    const made = await fixture(maria, { database: "drizzle" });
    const t = mysqlTable("t", { id: bigint({ mode: "number" }).autoincrement().primaryKey(), n: int().notNull() });
    const db = drizzle({ client: made.pool });
    await throughRotations(made, async (number) => {
      if (number % 10 === 9) {
        await db.transaction(async (trx) => {
          await trx.insert(t).values({ n: number });
          await trx.execute(drizzleSql`DO SLEEP(0.02)`);
        });
      } else await db.select().from(t).where(eq(t.id, number));
    });
    await made.close();
  });

  test("TypeORM: repositories and transactions", async () => {
    const made = await fixture(maria, { database: "typeorm" });
    const T = new EntitySchema<{ id: number; n: number }>({
      name: "t",
      columns: { id: { type: "bigint", primary: true, generated: true }, n: { type: "int" } },
    });
    const driver = { createPool: () => made.pool.pool };
    const source = new DataSource({ type: "mysql", driver, entities: [T], database: "typeorm" });
    await source.initialize();
    await throughRotations(made, async (number) => {
      if (number % 10 === 9) {
        await source.transaction(async (manager) => {
          await manager.insert(T, { n: number });
          await manager.query("DO SLEEP(0.02)");
        });
      } else await source.getRepository(T).findOneBy({ id: number });
    });
    await source.destroy();
    expect(made.pool.stats.open).toBe(0);
  });

  test("Sequelize: models and transactions", async () => {
    const made = await fixture(maria, { database: "sequelize_", pool: { flags: ["-FOUND_ROWS"] } });
    const { dialectModule, validate } = sequelizeOptions(made.pool);
    const sequelize = new Sequelize({
      dialect: "mysql",
      dialectModule,
      logging: false,
      pool: { max: 10, idle: 1_000, evict: 200, validate },
    });
    const T: ModelStatic<Model> = sequelize.define(
      "t",
      { id: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true }, n: DataTypes.INTEGER },
      { tableName: "t", timestamps: false },
    );
    await throughRotations(made, async (number) => {
      if (number % 10 === 9) {
        await sequelize.transaction(async (transaction) => {
          await T.create({ n: number }, { transaction });
          await sequelize.query("DO SLEEP(0.02)", { transaction });
        });
      } else await T.findByPk(number);
    });
    await sequelize.close();
    await made.close();
    expect(made.pool.stats.open).toBe(0);
  });
});
