<?php
/**
 * Everything the plugin ever wrote, and how it goes.
 *
 * The meta frozen into orders goes too. It is the shoppers' personal data, kept for one purpose, and that purpose ends
 * with the plugin. Meta's `_fbp` and `_fbc` are also written by others: only those go which the order says are ours.
 * WooCommerce may be inactive by then, so nothing here asks it.
 *
 * @package Tandem
 */

namespace Tandem;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- names of tables and columns are ours or WordPress's, every value is prepared, and no cache can know of these.

/**
 * Removes them from this site's tables.
 */
final class Traces {

	/**
	 * Rows that go at a time, so that no table of orders is locked for long.
	 */
	const PORTION = 2000;

	/**
	 * Removes everything of this site.
	 */
	public static function remove() {
		global $wpdb;
		if ( function_exists( 'set_time_limit' ) ) {
			// A big shop takes minutes; where this is forbidden, deleting once more goes on where it ended.
			@set_time_limit( 0 ); // phpcs:ignore WordPress.PHP.NoSilencedErrors, Squiz.PHP.DiscouragedFunctions
		}
		self::remove_actions();
		self::remove_of_orders( $wpdb->postmeta, 'meta_id', 'post_id' );
		self::remove_of_orders( $wpdb->prefix . 'wc_orders_meta', 'id', 'order_id' );
		self::remove_waiting();
		self::remove_options( 'tandem_' );
		self::remove_options( '_transient_tandem_' );
		self::remove_options( '_transient_timeout_tandem_' );
	}

	/**
	 * Removes what a network keeps once for all sites.
	 */
	public static function remove_of_network() {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->usermeta} WHERE meta_key LIKE %s", $wpdb->esc_like( 'tandem_' ) . '%' ) );
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->usermeta} WHERE meta_key LIKE %s", $wpdb->esc_like( '_tandem_' ) . '%' ) );
	}

	/**
	 * Removes the shoppers' data that waited to be told.
	 */
	public static function remove_waiting() {
		self::remove_options( '_transient_' . Checkout_Queue::BODY );
		self::remove_options( '_transient_timeout_' . Checkout_Queue::BODY );
	}

	/**
	 * Removes options by the beginning of their names, one by one, so that caches of options hear of it.
	 *
	 * @param string $prefix Of their names.
	 */
	private static function remove_options( string $prefix ) {
		global $wpdb;
		$names = $wpdb->get_col( $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $wpdb->esc_like( $prefix ) . '%' ) );
		foreach ( $names as $name ) {
			delete_option( $name );
		}
	}

	/**
	 * Removes what was frozen into orders.
	 *
	 * @param string $table Of meta.
	 * @param string $id    Its column of the row.
	 * @param string $order Its column of the order.
	 */
	private static function remove_of_orders( string $table, string $id, string $order ) {
		global $wpdb;
		if ( ! self::exists( $table ) ) {
			return;
		}
		foreach ( Frozen_Signals::SHARED_KEYS as $key ) {
			$ours = $wpdb->prepare(
				"SELECT theirs.$id FROM $table theirs JOIN $table own ON own.$order = theirs.$order WHERE theirs.meta_key = %s AND own.meta_key = %s AND own.meta_value LIKE %s LIMIT %d",
				$key,
				Freezing::OWN,
				'%' . $wpdb->esc_like( $key ) . '%',
				self::PORTION
			);
			self::remove_rows( $table, $id, $ours );
		}
		$rest = $wpdb->prepare( "SELECT $id FROM $table WHERE meta_key LIKE %s LIMIT %d", $wpdb->esc_like( '_tandem_' ) . '%', self::PORTION );
		self::remove_rows( $table, $id, $rest );
	}

	/**
	 * Removes rows, a portion at a time, until none is found or none can be removed.
	 *
	 * @param string $table    Of the rows.
	 * @param string $id       Its column of their ids.
	 * @param string $question SQL, prepared, that finds a portion of ids.
	 */
	private static function remove_rows( string $table, string $id, string $question ) {
		global $wpdb;
		do {
			$ids  = array_map( 'intval', $wpdb->get_col( $question ) ); // phpcs:ignore WordPress.DB.PreparedSQL.NotPrepared
			$gone = array() === $ids ? 0 : $wpdb->query( "DELETE FROM $table WHERE $id IN (" . implode( ',', $ids ) . ')' );
		} while ( $gone > 0 );
	}

	/**
	 * Removes what Action Scheduler keeps of us: actions done and waiting, their log, and the group.
	 */
	private static function remove_actions() {
		global $wpdb;
		$actions = $wpdb->prefix . 'actionscheduler_actions';
		$logs    = $wpdb->prefix . 'actionscheduler_logs';
		$groups  = $wpdb->prefix . 'actionscheduler_groups';
		if ( ! self::exists( $actions ) || ! self::exists( $groups ) ) {
			return;
		}
		$of_group = $wpdb->prepare( "SELECT a.action_id FROM $actions a JOIN $groups g ON g.group_id = a.group_id WHERE g.slug = %s", Checkout_Queue::GROUP );
		if ( self::exists( $logs ) ) {
			$of_logs = "SELECT l.log_id FROM $logs l JOIN ($of_group) ours ON ours.action_id = l.action_id LIMIT " . self::PORTION;
			self::remove_rows( $logs, 'log_id', $of_logs );
		}
		self::remove_rows( $actions, 'action_id', $of_group . ' LIMIT ' . self::PORTION );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $groups WHERE slug = %s", Checkout_Queue::GROUP ) );
	}

	/**
	 * Whether a table is there.
	 *
	 * @param string $table Its name.
	 */
	private static function exists( string $table ): bool {
		global $wpdb;
		return $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $table ) ) ) === $table;
	}
}
