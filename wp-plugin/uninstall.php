<?php
/**
 * Leaves nothing behind: the slot of the licence is freed (briefly tried: an uninstall waits for nobody), then all that the plugin
 * has stored is deleted, on every site of a network.
 *
 * @package Chatello
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/chatello.php';

if ( class_exists( 'Chatello\Uninstall' ) ) {
	Chatello\Uninstall::run();
}
