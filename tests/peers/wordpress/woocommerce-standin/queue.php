<?php
// Action Scheduler's functions on a list in one option. It runs when standin_run_actions() is called, never by itself.

defined( 'ABSPATH' ) || exit;

function standin_actions() {
	return get_option( 'standin_actions', array() );
}

function standin_schedule( $time, $every, $hook, $args, $group, $unique ) {
	$all = standin_actions();
	if ( $unique && as_has_scheduled_action( $hook, null, $group ) ) {
		return 0;
	}
	$id         = (int) get_option( 'standin_last_action', 0 ) + 1;
	$all[ $id ] = compact( 'time', 'every', 'hook', 'args', 'group' );
	update_option( 'standin_last_action', $id, false );
	update_option( 'standin_actions', $all, false );
	return $id;
}

function as_enqueue_async_action( $hook, $args = array(), $group = '', $unique = false, $priority = 10 ) {
	return standin_schedule( 0, 0, $hook, $args, $group, $unique );
}

function as_schedule_single_action( $timestamp, $hook, $args = array(), $group = '', $unique = false, $priority = 10 ) {
	return standin_schedule( $timestamp, 0, $hook, $args, $group, $unique );
}

function as_schedule_recurring_action( $timestamp, $interval, $hook, $args = array(), $group = '', $unique = false, $priority = 10 ) {
	return standin_schedule( $timestamp, $interval, $hook, $args, $group, $unique );
}

/** Of null arguments: whatever they are, as in Action Scheduler. */
function standin_matching( $hook, $args, $group ) {
	$fits = fn( $one ) => ( '' === $hook || $one['hook'] === $hook ) && ( null === $args || $one['args'] == $args ) && ( '' === $group || $one['group'] === $group );
	return array_filter( standin_actions(), $fits );
}

function as_has_scheduled_action( $hook, $args = null, $group = '' ) {
	return array() !== standin_matching( $hook, $args, $group );
}

function as_next_scheduled_action( $hook, $args = null, $group = '' ) {
	$found = standin_matching( $hook, $args, $group );
	return $found ? ( min( array_column( $found, 'time' ) ) ?: true ) : false;
}

function as_unschedule_action( $hook, $args = array(), $group = '' ) {
	update_option( 'standin_actions', array_diff_key( standin_actions(), array_slice( standin_matching( $hook, $args, $group ), 0, 1, true ) ), false );
}

/** Of empty arguments: whatever they are, as in Action Scheduler. */
function as_unschedule_all_actions( $hook, $args = array(), $group = '' ) {
	update_option( 'standin_actions', array_diff_key( standin_actions(), standin_matching( $hook, $args ?: null, $group ) ), false );
}

/** What is due by `now` runs once; the hooks, in order. What fails is gone, as in Action Scheduler. */
function standin_run_actions( $now = null ) {
	$ran = array();
	$now = $now ?? time();
	foreach ( standin_actions() as $id => $action ) {
		if ( $action['time'] > $now ) {
			continue;
		}
		$left = standin_actions();
		unset( $left[ $id ] );
		update_option( 'standin_actions', $left, false );
		if ( $action['every'] ) {
			standin_schedule( $now + $action['every'], $action['every'], $action['hook'], $action['args'], $action['group'], false );
		}
		$ran[] = $action['hook'];
		try {
			do_action_ref_array( $action['hook'], array_values( $action['args'] ) );
		} catch ( Throwable $failed ) {
			$ran[] = get_class( $failed ) . ': ' . $failed->getMessage();
		}
	}
	return $ran;
}
